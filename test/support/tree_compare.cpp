#include "test/support/tree_compare.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr int kComparedFlags = FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL | FS_SYNC_FL | FS_DIRSYNC_FL | FS_NOCOW_FL;

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw std::runtime_error(what + " " + in_quotes(path) + ": " + std::strerror(errno));
}

struct Fd {
  explicit Fd(int number) : fd(number) {}
  Fd(const Fd&) = delete;
  ~Fd() { if (fd >= 0) ::close(fd); }
  int fd;
};

struct Side {
  std::map<std::pair<dev_t, ino_t>, std::string> first_names;  // of files with several names
};

std::set<std::string> names_in(int fd, const std::string& path) {
  const int copy = ::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> handle(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
  if (!handle) fail("listing", path);
  std::set<std::string> names;
  while (const dirent* entry = ::readdir(handle.get())) names.insert(entry->d_name);
  names.erase("."), names.erase("..");
  return names;
}

std::map<std::string, std::string> attributes_of(int path_only, const TreeCompareOptions& options) {
  const std::string path = "/proc/self/fd/" + std::to_string(path_only);
  std::string list(65536, '\0'), value(65536, '\0');
  const ssize_t length = ::listxattr(path.c_str(), list.data(), list.size());
  std::map<std::string, std::string> attributes;
  for (const char* name = list.data(); length > 0 && name < list.data() + length; name += std::strlen(name) + 1) {
    const bool privileged = std::strncmp(name, "trusted.", 8) == 0 || std::strncmp(name, "security.", 9) == 0;
    if (privileged && !options.privileged_attributes) continue;
    const ssize_t bytes = ::getxattr(path.c_str(), name, value.data(), value.size());
    attributes[name] = bytes < 0 ? "unreadable" : value.substr(0, static_cast<size_t>(bytes));
  }
  return attributes;
}

std::string holes_of(int fd, off_t size) {
  std::string map;
  for (off_t at = 0; at < size;) {
    const off_t data = ::lseek(fd, at, SEEK_DATA);
    if (data < 0) break;
    at = std::min(::lseek(fd, data, SEEK_HOLE), size);
    map += std::to_string(data) + "-" + std::to_string(at) + " ";
  }
  return map.empty() ? "none" : map;
}

bool same_content(int left, int right) {
  std::array<char, 65536> a, b;
  for (off_t at = 0;;) {
    const ssize_t got = ::pread(left, a.data(), a.size(), at);
    if (got < 0 || ::pread(right, b.data(), b.size(), at) != got) return false;
    if (std::memcmp(a.data(), b.data(), static_cast<size_t>(got)) != 0) return false;
    if (got == 0) return true;
    at += got;
  }
}

class Comparison {
 public:
  explicit Comparison(TreeCompareOptions options) : options_(options) {}

  void folders(int left, int right, const std::string& path) {
    const std::set<std::string> a = names_in(left, path), b = names_in(right, path);
    std::set<std::string> all = a;
    all.insert(b.begin(), b.end());
    for (const std::string& name : all) {
      const std::string below = path + "/" + name;
      if (!b.contains(name)) differ(below, "only on the left");
      else if (!a.contains(name)) differ(below, "only on the right");
      else entry(left, right, name, below);
    }
  }

  void entry(int left_folder, int right_folder, const std::string& name, const std::string& path) {
    const Fd left(::openat(left_folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    const Fd right(::openat(right_folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat a {}, b {};
    if (left.fd < 0 || right.fd < 0 || ::fstat(left.fd, &a) != 0 || ::fstat(right.fd, &b) != 0) fail("examining", path);
    if ((a.st_mode & S_IFMT) != (b.st_mode & S_IFMT)) return differ(path, "kind");
    facts(a, b, path);
    if (attributes_of(left.fd, options_) != attributes_of(right.fd, options_)) differ(path, "attributes");
    if (S_ISLNK(a.st_mode)) links(left.fd, right.fd, path);
    if (S_ISREG(a.st_mode) || S_ISDIR(a.st_mode)) opened(left_folder, right_folder, name, path);
  }

  std::vector<std::string> take() { return std::move(differences_); }

 private:
  void differ(const std::string& path, const std::string& what) {
    differences_.push_back(printable(path.empty() ? "." : path.substr(1)) + ": " + what);
  }

  void facts(const struct stat& a, const struct stat& b, const std::string& path) {
    if (a.st_mode != b.st_mode) differ(path, "mode");
    if (options_.owners && a.st_uid != b.st_uid) differ(path, "user");
    if (options_.owners && a.st_gid != b.st_gid) differ(path, "group");
    if (a.st_mtim.tv_sec != b.st_mtim.tv_sec || a.st_mtim.tv_nsec != b.st_mtim.tv_nsec) differ(path, "mtime");
    if (a.st_rdev != b.st_rdev) differ(path, "device");
    if (S_ISDIR(a.st_mode)) return;
    if (a.st_size != b.st_size) differ(path, "size");
    if (first_name(left_, a, path) != first_name(right_, b, path)) differ(path, "hard link");
  }

  static std::string first_name(Side& side, const struct stat& facts, const std::string& path) {
    return facts.st_nlink < 2 ? path : side.first_names.try_emplace({facts.st_dev, facts.st_ino}, path).first->second;
  }

  void links(int left, int right, const std::string& path) {
    std::array<char, 8192> a{}, b{};
    if (::readlinkat(left, "", a.data(), a.size()) < 0 || ::readlinkat(right, "", b.data(), b.size()) < 0) fail("reading", path);
    if (a != b) differ(path, "link target");
  }

  void opened(int left_folder, int right_folder, const std::string& name, const std::string& path) {
    constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    const Fd left(::openat(left_folder, name.c_str(), kFlags)), right(::openat(right_folder, name.c_str(), kFlags));
    if (left.fd < 0 && right.fd < 0 && errno == EACCES) return;  // an ordinary user and mode 000
    struct stat a {}, b {};
    if (::fstat(left.fd, &a) != 0 || ::fstat(right.fd, &b) != 0) fail("opening", path);
    int left_flags = 0, right_flags = 0;
    ::ioctl(left.fd, FS_IOC_GETFLAGS, &left_flags), ::ioctl(right.fd, FS_IOC_GETFLAGS, &right_flags);
    if (options_.flags && ((left_flags ^ right_flags) & kComparedFlags) != 0) differ(path, "flags");
    if (S_ISDIR(a.st_mode)) return folders(left.fd, right.fd, path);
    if (a.st_size != b.st_size) return;
    if (!same_content(left.fd, right.fd)) differ(path, "content");
    if (options_.holes && holes_of(left.fd, a.st_size) != holes_of(right.fd, b.st_size)) differ(path, "holes");
  }

  TreeCompareOptions options_;
  Side left_, right_;
  std::vector<std::string> differences_;
};

}  // namespace

std::vector<std::string> compare_trees(const std::filesystem::path& left, const std::filesystem::path& right, TreeCompareOptions options) {
  const Fd a(::open(left.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), b(::open(right.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (a.fd < 0) fail("opening", left);
  if (b.fd < 0) fail("opening", right);
  Comparison comparison(options);
  if (options.top) comparison.entry(a.fd, b.fd, ".", "");
  else comparison.folders(a.fd, b.fd, "");
  return comparison.take();
}

}  // namespace sparekeep
