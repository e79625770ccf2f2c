// A root that is an empty folder, and held entries in the job's last snapshot: most likely a file system is not mounted there, and a complete
// snapshot in which everything was deleted would be a lie. The folder itself tells: one that was emptied is the same inode, older than that
// snapshot and changed since.
#pragma once

#include <optional>

#include "agent/source/walk.h"
#include "lib/vault/manifest_reader.h"

namespace sparekeep::agent {

// `root` as it is now; `before` at its beginning. Nothing: it was empty before, or not there, or the same folder was emptied since. A manifest
// that cannot be read says none of these: then it is a problem, too.
std::optional<SourceProblem> emptied_root(const EmptyRoot& root, ManifestReader before);

SourceProblem untold_root(const EmptyRoot& root);       // where the memory as a whole cannot be read

}  // namespace sparekeep::agent
