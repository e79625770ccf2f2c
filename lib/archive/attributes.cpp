#include "lib/archive/attributes.h"

#include <sys/xattr.h>

#include <array>
#include <cerrno>

#include "lib/base/file_entry.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

using Buffer = std::array<char, kAttributeBytesMax>;

constexpr size_t kFewNames = 512;      // bytes: the kernel makes room for as many as it is offered, for every file

// The five calls on one file, by descriptor or by the name that an O_PATH descriptor has in /proc: list() finds out, and comes first.
class Handle {
 public:
  explicit Handle(int fd) : fd_(fd) {}
  ssize_t list(Buffer& to) {
    ssize_t length = list(to.data(), kFewNames);
    if (length < 0 && errno == EBADF && path_.empty()) {
      path_ = "/proc/self/fd/" + std::to_string(fd_);
      length = list(to.data(), kFewNames);
    }
    return length < 0 && errno == ERANGE ? list(to.data(), to.size()) : length;
  }
  ssize_t get(const char* name, Buffer& to) const {
    return path_.empty() ? ::fgetxattr(fd_, name, to.data(), to.size()) : ::getxattr(path_.c_str(), name, to.data(), to.size());
  }
  int set(const char* name, ByteSpan value) const {
    return path_.empty() ? ::fsetxattr(fd_, name, value.data(), value.size(), 0)
                         : ::setxattr(path_.c_str(), name, value.data(), value.size(), 0);
  }
  int remove(const char* name) const { return path_.empty() ? ::fremovexattr(fd_, name) : ::removexattr(path_.c_str(), name); }

 private:
  ssize_t list(char* to, size_t size) const { return path_.empty() ? ::flistxattr(fd_, to, size) : ::listxattr(path_.c_str(), to, size); }

  int fd_;
  std::string path_;
};

bool is_kept(std::string_view name) {
  return !name.starts_with("system.") || name == kAccessAclAttribute || name == kDefaultAclAttribute;
}

std::vector<std::string> names_of(Handle& handle, Buffer& buffer, std::vector<std::string>& problems) {
  const ssize_t length = handle.list(buffer);
  std::vector<std::string> names;
  if (length < 0 && errno != ENOTSUP) problems.push_back(system_error("listing extended attributes", errno).text());
  if (length <= 0) return names;
  for (const std::string& name : split_text({buffer.data(), static_cast<size_t>(length)}, '\0'))
    if (!name.empty() && is_kept(name)) names.push_back(name);
  return names;
}

Attributes read_from(Handle& handle, std::vector<std::string>& problems) {
  Buffer buffer;  // not zeroed: 64 KiB for every file would be felt
  Attributes attributes;
  for (const std::string& name : names_of(handle, buffer, problems)) {
    const ssize_t length = handle.get(name.c_str(), buffer);
    const ByteSpan value = as_bytes({buffer.data(), static_cast<size_t>(std::max<ssize_t>(length, 0))});
    if (length >= 0) attributes.emplace(name, Bytes(value.begin(), value.end()));
    if (length < 0 && errno != ENODATA) problems.push_back(system_error("reading attribute " + in_quotes(name), errno).text());
  }
  return attributes;
}

}  // namespace

Attributes read_attributes(int fd, std::vector<std::string>& problems) {
  Handle handle(fd);
  return read_from(handle, problems);
}

bool write_attributes(int fd, const Attributes& wanted, std::vector<std::string>& warnings) {
  std::vector<std::string> unreadable;  // read again for nothing but the comparison: an unreadable one is just set
  Handle handle(fd);
  const Attributes standing = read_from(handle, unreadable);
  bool changed = false;
  for (const auto& [name, value] : standing) {
    if (wanted.contains(name) || is_machine_label(name)) continue;
    changed = true;
    if (handle.remove(name.c_str()) != 0 && errno != ENODATA)
      warnings.push_back(system_error("removing attribute " + in_quotes(name), errno).text());
  }
  for (const auto& [name, value] : wanted) {
    const auto same = standing.find(name);
    if (same != standing.end() && same->second == value) continue;
    changed = true;
    if (handle.set(name.c_str(), value) != 0) warnings.push_back(system_error("setting attribute " + in_quotes(name), errno).text());
  }
  return changed;
}

bool is_machine_label(std::string_view name) {
  return name == "security.selinux" || name == "security.ima" || name == "security.evm";
}

}  // namespace sparekeep
