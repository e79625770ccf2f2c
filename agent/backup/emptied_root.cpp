#include "agent/backup/emptied_root.h"

#include "lib/base/log.h"
#include "lib/base/path_order.h"

namespace sparekeep::agent {

namespace {

SourceProblem problem_of(const EmptyRoot& root, const std::string& why) {
  return {root.path, "it is an empty folder, and " + why + ": mount what belongs there, or, when it is meant to be empty, put a file into it"};
}

void say_damaged(const Error& error) { log_warning("the memory of the last snapshot is damaged: " + error.text()); }

// An inode number says little alone: that of a root folder is often the same on every file system, and those of deleted folders are given out again.
bool emptied_since(const EmptyRoot& now, const FileEntry& before) {
  return now.inode == before.inode && now.ctime > before.ctime && (!now.born || *now.born <= before.ctime);
}

}  // namespace

std::optional<SourceProblem> emptied_root(const EmptyRoot& root, ManifestReader before) {
  const Result<std::optional<ManifestEntry>> earlier = before.find(root.path);
  if (!earlier) return say_damaged(earlier.error()), untold_root(root);
  if (!*earlier || emptied_since(root, (*earlier)->file)) return std::nullopt;
  const Result<std::optional<ManifestEntry>> first = before.next();
  if (!first) return say_damaged(first.error()), untold_root(root);
  if (!*first || !path_is_within((*first)->file.path, root.path)) return std::nullopt;
  return problem_of(root, "held files in an earlier backup");
}

SourceProblem untold_root(const EmptyRoot& root) {
  return problem_of(root, "the memory of the last snapshot, which would tell whether it held files, is damaged");
}

}  // namespace sparekeep::agent
