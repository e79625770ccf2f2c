#include "agent/backup/emptied_root.h"

#include "lib/base/log.h"
#include "lib/base/path_order.h"

namespace sparekeep::agent {

namespace {

using Found = Result<std::optional<ManifestEntry>>;

// A damaged memory tells nothing: to the merge neither, which then reads everything.
std::optional<ManifestEntry> entry_of(Found found) {
  if (found) return std::move(*found);
  log_warning("the memory of the last snapshot is damaged: " + found.error().text());
  return std::nullopt;
}

// An inode number says little alone: that of a root folder is often the same on every file system, and those of deleted folders are given out again.
bool emptied_since(const EmptyRoot& now, const FileEntry& before) {
  return now.inode == before.inode && now.ctime > before.ctime && (!now.born || *now.born <= before.ctime);
}

}  // namespace

std::optional<SourceProblem> emptied_root(const EmptyRoot& root, ManifestReader before) {
  const std::optional<ManifestEntry> earlier = entry_of(before.find(root.path));
  if (!earlier || emptied_since(root, earlier->file)) return std::nullopt;
  const std::optional<ManifestEntry> first = entry_of(before.next());
  if (!first || !path_is_within(first->file.path, root.path)) return std::nullopt;
  return SourceProblem{root.path, "it is an empty folder, and held files in an earlier backup: mount what belongs there, or, when it is meant to be "
                                  "empty, put a file into it"};
}

}  // namespace sparekeep::agent
