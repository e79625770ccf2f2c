// The walk: every entry below the roots, each with its metadata, in strict path order (lib/base/path_order.h).
//
// A root stands for itself and all below it; its ancestors are not entries. Symlinks in the ancestors of a root are followed, as
// people mean them; below (and at) a root none is: a symlink is an entry. Directories are held open as a stack of at most
// `open_directories_max` descriptors, and each step goes by openat from there, so no path is too long and a directory that is
// exchanged for a symlink leads nowhere. A directory's names are held in one block and sorted once.
//
// A thread of its own goes ahead (agent/source/scout.h): it lists, examines and chooses, up to four stretches of 256 entries or 32 folders, which
// stay open until the sink has had what is in them. What is replaced meanwhile is an entry as it is when it is opened.
//
// What can not be read is a named problem and never ends the walk. A walk of nothing is never a success: a root that does not
// exist is an Error, and of one that is empty the caller hears. Contents are never read here (agent/source/content.h), and FIFOs,
// sockets and devices never opened. What the sink takes over by what stat(2) says is not opened either, unless it is a folder.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/account_names.h"
#include "lib/base/descriptor.h"
#include "lib/base/file_entry.h"
#include "lib/base/path_glob.h"

namespace sparekeep::agent {

struct SourceProblem {
  std::string path;
  std::string text;   // "permission denied", "vanished while it was listed"
};

inline constexpr size_t kOpenDirectoriesMax = 64;

struct EmptyRoot {    // a root in which nothing stands, as where a file system is not mounted; it may lie in another root
  std::string path;
  uint64_t inode = 0;
  FileTime ctime;
  std::optional<FileTime> born;   // where the file system knows
};

// What is left out. A root never is, nor what lies at a root inside another one.
struct WalkOptions {
  // `path` is absolute and normal. A folder to look into is an entry when something below it is.
  // Called on the thread that goes ahead.
  std::function<PathChoice(std::string_view path, bool is_directory)> choose = nullptr;
  std::function<void(const EmptyRoot& root)> empty_root = nullptr;   // called after its entry
  std::function<bool()> stopped = nullptr;   // asked now and then, also while all is left out, on that thread: true ends the walk (throws interrupted)
  std::vector<std::string> tags;  // names: of a folder that holds one, a root or not, the tags stay and nothing else
  bool cache_tags = false;        // the same for CACHEDIR.TAG with its signature
  uint64_t file_bytes_max = UINT64_MAX;   // longer files are left out
  bool one_file_system = false;   // a mount point below a root is an empty directory
  // Of a file that another program has a lease on, which the opening asks it to give up: waits a moment, for the `again`-th time (from 0) for this
  // file. false: no more, and the file is a problem, as it is at once without this.
  std::function<bool(unsigned again)> wait_for_lease = nullptr;
  size_t open_directories_max = kOpenDirectoriesMax;  // at least 2
};

// Takes entries one by one, on the thread that called walk(). All may throw to end the walk.
class WalkSink {
 public:
  virtual ~WalkSink() = default;
  // Asked of every entry first, with what stat(2) says, its path and its hard_link: true takes it as known, and entry() does not follow.
  virtual bool take_over(const FileEntry& facts) = 0;
  // Of a file with several names the first has the content and the others name it in hard_link. Who drops the first (content
  // unreadable) must drop or replace those. `opened` is open for reading for a regular file, and empty for every other kind.
  virtual void entry(FileEntry entry, Descriptor opened) = 0;
  // Of an entry that comes all the same: before it.
  virtual void problem(SourceProblem problem) = 0;
};

// not_found: "no such source: '/srv/www'; nothing was backed up"; usage for a path that is not absolute.
Result<void> check_roots(const std::vector<std::string>& roots);

// The errors of check_roots(), before any entry. A root
// inside another is walked once. Pseudo file systems (/proc, /sys and their like) are empty directories unless they are a root.
Result<void> walk(const std::vector<std::string>& roots, const WalkOptions& options, AccountNames& names, WalkSink& sink);

}  // namespace sparekeep::agent
