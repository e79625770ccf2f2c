// Folders below a base of which this process knows that they are durable. A folder that stands already may not be: a kill can
// lie between its making and its sync, or another thread may be between the two right now. So each one is synced into its
// parent once, whoever made it, before anything in it may be called stored.
#pragma once

#include <mutex>
#include <set>

#include "lib/base/files.h"

namespace sparekeep {

class DurableFolders {                                 // thread safe
 public:
  explicit DurableFolders(Path base) : base_(std::move(base)) {}   // the base is there, and its own parents are

  Result<void> make(const Path& folder, mode_t mode);              // below the base, like mkdir -p

  // Makes a file's name durable that somebody else may have written and not synced yet.
  Result<void> confirm(const Path& file, mode_t folder_mode);

 private:
  bool is_known(const Path& folder);
  const Path base_;
  std::mutex mutex_;
  std::set<Path> durable_;
};

}  // namespace sparekeep
