#include "test/support/awkward_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace sparekeep {

namespace {

// An ACL as the kernel keeps it: version 2, then (tag, permissions, id) each: user::rw- user:1:r-- group::r-- mask::rw- other::---
constexpr unsigned char kAcl[] = {2, 0, 0, 0,  //
                                  1, 0, 6, 0, 0xff, 0xff, 0xff, 0xff, 2, 0, 4, 0, 1, 0, 0, 0, 4, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,  //
                                  16, 0, 6, 0, 0xff, 0xff, 0xff, 0xff, 32, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
// cap_net_bind_service=ep
constexpr unsigned char kCapability[] = {1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
constexpr size_t kDeepLevels = 25;    // of 200 bytes each: beyond PATH_MAX
constexpr off_t kHoleBytes = 1 << 20;

class Builder {
 public:
  explicit Builder(const std::filesystem::path& folder) : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (folder_ < 0) throw std::runtime_error("no folder " + folder.string());
  }
  ~Builder() { ::close(folder_); }
  Builder(const Builder&) = delete;

  void names() {
    for (const char* name : {"plain", "new\nline", "escape\x1b[2Jtail", "invalid\xff\xc0utf8",
                             "-rf", "tab\tand space ", "quote'\"\\", "a", "a.b", "*?[x]"})
      file(name, std::string("content of ") + name);
    file(std::string(255, 'n'), "a name of 255 bytes");
    file("empty", "");
    made("folder a.d", ::mkdirat(folder_, "a.d", 0755) == 0);
    file("a.d/\x01", "sorts first");
    made("empty folder", ::mkdirat(folder_, "empty-folder", 0750) == 0);
  }

  void kinds() {
    made("fifo", ::mkfifoat(folder_, "fifo", 0640) == 0);
    made("socket", ::mknodat(folder_, "socket", S_IFSOCK | 0600, 0) == 0);
    made("character device", ::mknodat(folder_, "null", S_IFCHR | 0666, makedev(1, 3)) == 0);
    made("block device", ::mknodat(folder_, "block", S_IFBLK | 0660, makedev(259, 70000)) == 0);
    made("symlink", ::symlinkat("no/such\nplace", folder_, "dangling") == 0);
    made("symlink to itself", ::symlinkat("loop", folder_, "loop") == 0);
    made("symlink of 4095 bytes", ::symlinkat(std::string(4095, 'x').c_str(), folder_, "long-link") == 0);
    made("symlink to a folder", ::symlinkat("a.d", folder_, "to-folder") == 0);
    file("hard-1", "one content, three names");
    made("hard link", ::linkat(folder_, "hard-1", folder_, "a.d/hard-2", 0) == 0);
    made("hard link", ::linkat(folder_, "hard-1", folder_, "z-hard-3", 0) == 0);
    made("hard link of a symlink", ::linkat(folder_, "dangling", folder_, "z-dangling", 0) == 0);
  }

  void rights() {
    file("setuid", "#!/bin/true\n"), mode("setuid", 06755);
    made("sticky folder", ::mkdirat(folder_, "sticky", 0700) == 0), mode("sticky", 01777);
    made("setgid folder", ::mkdirat(folder_, "setgid", 0700) == 0), mode("setgid", 02775);
    file("foreign", "of a user without a name");
    made("foreign owner", ::fchownat(folder_, "foreign", 3999999999U, 3999999998U, 0) == 0);
    file("foreign-setuid", "owner before mode");
    made("foreign setuid owner", ::fchownat(folder_, "foreign-setuid", 1, 1, 0) == 0), mode("foreign-setuid", 04711);
    made("symlink's owner", ::fchownat(folder_, "dangling", 2, 2, AT_SYMLINK_NOFOLLOW) == 0);
    file("nothing-allowed", "mode 000");
  }

  void attributes() {
    for (const char* name : {"acl", "capability", "attributes", "large-attribute"}) file(name, name);
    attribute("acl", "system.posix_acl_access", {reinterpret_cast<const char*>(kAcl), sizeof kAcl});
    attribute("setgid", "system.posix_acl_default", {reinterpret_cast<const char*>(kAcl), sizeof kAcl});
    attribute("capability", "security.capability", {reinterpret_cast<const char*>(kCapability), sizeof kCapability});
    attribute("attributes", "user.empty", "");
    attribute("attributes", "user.bytes\xff", std::string("a\0b\xff", 4));
    attribute("attributes", "trusted.secret", "for root alone");
    attribute("large-attribute", "user.large", std::string(3000, 'v'));
    attribute("empty-folder", "user.folder", "folders have them, too");
    attribute("dangling", "trusted.link", "on a symlink");
    attribute("fifo", "trusted.fifo", "on a FIFO");
  }

  void holes() {
    sparse("sparse", {0, 3 * kHoleBytes, 5 * kHoleBytes}, 8 * kHoleBytes);
    sparse("sparse-start", {kHoleBytes}, kHoleBytes + 5);
    sparse("sparse-all", {}, 64 * kHoleBytes);
  }

  void times() {
    struct { const char* name; time_t seconds; long nanoseconds; } const kTimes[] = {
        {"before-1970", -1, 999999999}, {"epoch", 0, 0}, {"after-2038", 4102444800, 1}, {"1901", -2147483648, 5}};
    for (const auto& [name, seconds, nanoseconds] : kTimes) file(name, name), time(name, seconds, nanoseconds);
    time("dangling", 1000000000, 123456789);
    time("fifo", 1000000001, 1);
    time("a.d", 1000000002, 2);
    time("empty-folder", -5, 5);
  }

  void deep() {
    int at = ::openat(folder_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::string name(200, 'd');
    for (size_t i = 0; i < kDeepLevels && at >= 0; ++i) {
      ::mkdirat(at, name.c_str(), 0755);
      const int below = ::openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      ::close(at), at = below;
    }
    const int file_fd = ::openat(at, "bottom", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    made("deep file", file_fd >= 0 && ::write(file_fd, "deep", 4) == 4);
    made("deep symlink", ::symlinkat("bottom", at, "link") == 0);
    ::close(file_fd), ::close(at);
  }

  void last() { mode("nothing-allowed", 0); }  // from here on an ordinary user can not open it
  std::vector<std::string> take() { return std::move(left_out_); }

 private:
  void made(const std::string& what, bool done) {
    if (!done) left_out_.push_back(what + ": " + std::strerror(errno));
  }
  void file(const std::string& name, const std::string& content) {
    const int fd = ::openat(folder_, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    made(name, fd >= 0 && ::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    ::close(fd);
  }
  void mode(const char* name, mode_t mode) { made(std::string("mode of ") + name, ::fchmodat(folder_, name, mode, 0) == 0); }
  void time(const char* name, time_t seconds, long nanoseconds) {
    const timespec times[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
    made(std::string("time of ") + name, ::utimensat(folder_, name, times, AT_SYMLINK_NOFOLLOW) == 0);
  }
  void attribute(const char* name, const char* attribute, const std::string& value) {
    const int fd = ::openat(folder_, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    made(std::string(attribute) + " of " + name, ::setxattr(path.c_str(), attribute, value.data(), value.size(), 0) == 0);
    ::close(fd);
  }
  void sparse(const char* name, std::initializer_list<off_t> data, off_t size) {
    const int fd = ::openat(folder_, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    bool done = fd >= 0;
    for (const off_t at : data) done = done && ::pwrite(fd, "data", 4, at) == 4;
    made(name, done && ::ftruncate(fd, size) == 0);
    ::close(fd);
  }

  int folder_;
  std::vector<std::string> left_out_;
};

void clear_folder(int fd) {  // takes the descriptor over
  const std::unique_ptr<DIR, int (*)(DIR*)> handle(::fdopendir(fd), ::closedir);
  while (const dirent* entry = handle ? ::readdir(handle.get()) : nullptr) {
    if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
    if (::unlinkat(fd, entry->d_name, 0) == 0) continue;
    [[maybe_unused]] const int opened = ::fchmodat(fd, entry->d_name, 0700, 0);      // where it cannot be, removing it fails, too
    const int below = ::openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below >= 0) clear_folder(below);
    ::unlinkat(fd, entry->d_name, AT_REMOVEDIR);
  }
}

}  // namespace

std::vector<std::string> build_awkward_tree(const std::filesystem::path& folder) {
  Builder builder(folder);
  builder.names(), builder.kinds(), builder.rights(), builder.attributes(), builder.holes();
  builder.deep(), builder.times(), builder.last();
  return builder.take();
}

bool make_immutable(const std::filesystem::path& file, bool on) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  int flags = 0;
  bool done = ::ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
  flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
  done = done && ::ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
  ::close(fd);
  return done;
}

void clear_tree(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) clear_folder(fd);
}

}  // namespace sparekeep
