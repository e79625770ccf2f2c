// The walk: every entry below the roots, each with its metadata, in strict path order (lib/base/path_order.h).
//
// A root stands for itself and all below it; its ancestors are not entries. Symlinks in the ancestors of a root are followed, as
// people mean them; below (and at) a root none is: a symlink is an entry. Directories are held open as a stack of at most
// `open_directories_max` descriptors, and each step goes by openat from there, so no path is too long and a directory that is
// exchanged for a symlink leads nowhere. A directory's names are held in one block and sorted once.
//
// What can not be read is a named problem and never ends the walk. A walk of nothing is never a success: a root that does not
// exist is an Error. Contents are never read here (agent/source/content.h), and FIFOs, sockets and devices never opened.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/account_names.h"
#include "lib/base/file_entry.h"

namespace sparekeep::agent {

struct SourceProblem {
  std::string path;
  std::string text;   // "permission denied", "vanished while it was listed"
};

inline constexpr size_t kOpenDirectoriesMax = 64;

struct WalkOptions {
  // Not in the snapshot, and not descended into. Not asked for roots. `path` is absolute and normal.
  std::function<bool(std::string_view path, bool is_directory)> excluded = nullptr;
  bool one_file_system = false;   // a mount point below a root is an empty directory
  size_t open_directories_max = kOpenDirectoriesMax;  // at least 2
};

// Takes entries one by one, on the thread of the walk. Both may throw to end the walk.
class WalkSink {
 public:
  virtual ~WalkSink() = default;
  // Of a file with several names the first has the content and the others name it in hard_link. Who drops the first (content
  // unreadable) must drop or replace those.
  virtual void entry(FileEntry entry) = 0;
  virtual void problem(SourceProblem problem) = 0;
};

// not_found: "no such source: '/srv/www'; nothing was backed up", before any entry; usage for a path that is not absolute. A root
// inside another is walked once. Pseudo file systems (/proc, /sys and their like) are empty directories unless they are a root.
Result<void> walk(const std::vector<std::string>& roots, const WalkOptions& options, AccountNames& names, WalkSink& sink);

}  // namespace sparekeep::agent
