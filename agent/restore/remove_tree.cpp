#include "agent/restore/remove_tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <vector>

#include "agent/restore/beneath.h"
#include "agent/restore/protected_file.h"
#include "agent/restore/standing.h"
#include "lib/archive/metadata.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

struct Level {
  std::string name;                // in the folder above
  dev_t device = 0;
  ino_t inode = 0;
  std::vector<std::string> names;  // still to be removed
};

// Unlinks one name. false with errno EISDIR: it is a folder.
bool unlink_name(int folder, const std::string& name) {
  if (::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) return true;
  if (errno != EPERM && errno != EISDIR) return false;
  const Descriptor fd = open_unmounted(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd && errno == EXDEV) return errno = EISDIR, false;   // which is not entered
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0) return errno = EPERM, false;
  const auto unlink = [&] { return ::unlinkat(folder, name.c_str(), 0) == 0; };
  if (!S_ISDIR(facts.st_mode)) return S_ISREG(facts.st_mode) ? despite_protection(folder, name, unlink) : unlink();
  static_cast<void>(clear_flags(fd.get()));
  return errno = EISDIR, false;
}

// What is mounted there is somebody else's: nothing of it goes.
Result<Level> enter(Descriptor& folder, const std::string& name) {
  Descriptor below = open_unmounted(folder.get(), name, O_RDONLY | O_DIRECTORY);
  if (!below && errno == EXDEV) return Error(ErrorKind::exists, "a file system is mounted on " + in_quotes(name));
  struct stat facts {};
  if (!below || ::fstat(below.get(), &facts) != 0) return system_error("opening " + in_quotes(name), errno);
  Result<std::vector<std::string>> names = list_names(below.get());
  if (!names) return names.error();
  folder = std::move(below);
  return Level{name, facts.st_dev, facts.st_ino, std::move(*names)};
}

bool is_folder(const struct stat& facts, const Level& level) { return facts.st_ino == level.inode && facts.st_dev == level.device; }

// ".." is where the folder lies now: whoever owns it may have moved it to where names of others stand.
Descriptor open_above(int folder, const Level& above) {
  Descriptor fd(::openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat facts {};
  return fd && ::fstat(fd.get(), &facts) == 0 && is_folder(facts, above) ? std::move(fd) : Descriptor();
}

// Leaves the deepest folder, which is empty, for the one that it was entered from (above the first one: `parent`), and removes it there.
Result<void> leave(Descriptor& folder, std::vector<Level>& levels, int parent) {
  const Level left = std::move(levels.back());
  levels.pop_back();
  Descriptor above = levels.empty() ? Descriptor(::openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) : open_above(folder.get(), levels.back());
  struct stat facts {};
  if (!above || ::fstatat(above.get(), left.name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0 || !is_folder(facts, left))
    return Error(ErrorKind::failed, in_quotes(left.name) + " was moved while it was removed");
  if (::unlinkat(above.get(), left.name.c_str(), AT_REMOVEDIR) != 0) return system_error(in_quotes(left.name), errno);
  folder = std::move(above);
  return {};
}

}  // namespace

Result<void> remove_tree(int parent, const std::string& name) {
  if (unlink_name(parent, name)) return {};
  if (errno != EISDIR) return system_error(in_quotes(name), errno);
  Descriptor folder(::openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::vector<Level> levels;
  Result<Level> level = enter(folder, name);
  if (!level) return level.error();
  levels.push_back(std::move(*level));
  while (!levels.empty()) {
    if (levels.back().names.empty()) {
      if (Result<void> left = leave(folder, levels, parent); !left) return left;
      continue;
    }
    const std::string next = std::move(levels.back().names.back());
    levels.back().names.pop_back();
    if (unlink_name(folder.get(), next)) continue;
    if (errno != EISDIR) return system_error(in_quotes(next), errno);
    if (level = enter(folder, next); !level) return level.error();
    levels.push_back(std::move(*level));
  }
  return {};
}

}  // namespace sparekeep::agent
