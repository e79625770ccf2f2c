// The folders below a target that are being worked in, each opened once while it is: place by place with openat2 (beneath.h), so nothing leads out of
// the target. A few are kept; whoever removes one says so. One that somebody else moves meanwhile is written to where it then is, never through a link.
// Thread safe.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "lib/base/descriptor.h"
#include "lib/base/error.h"
#include "lib/base/worker_pool.h"

namespace sparekeep::agent {

// What a new file in a folder is born with: default ACLs and file flags are inherited, and policies put labels on.
enum class Birth : uint8_t { unknown, plain, with_metadata };

struct TargetFolder {
  Descriptor fd;
  std::atomic<Birth> birth{Birth::unknown};
  std::atomic<bool> noted{false};                      // its file system is one that sync() syncs
  bool closed = false;                                 // made by this restore, and nobody else's to look into until it is finished
};

class TargetFolders {
 public:
  using Opened = std::shared_ptr<TargetFolder>;

  explicit TargetFolders(Descriptor target);
  int target() const { return target_.get(); }

  // denied: a symlink is on its way, or it is no path below the target.
  Result<Opened> open(std::string_view place);
  // The folder that something is about to be written in.
  Result<Opened> parent_of(std::string_view place);
  // What stands at the place, and below it, is removed or was replaced.
  void forget(std::string_view place);
  // A folder that this restore has made and that nobody else may look into, and when that ends.
  void closed(std::string_view place);
  void finished(std::string_view place);

  Result<void> note_file_system(int fd);               // something in it is about to be written
  // So much was written: from time to time the disk begins with it, beside what goes on.
  void written(uint64_t bytes);
  Result<void> sync();                                 // everything, since the beginning

 private:
  Opened find(std::string_view place);
  Opened keep(std::string_view place, Descriptor fd);
  void sync_now();

  Descriptor target_;
  dev_t device_ = 0;                                   // of the target
  std::mutex mutex_;                                   // over what follows
  std::list<std::pair<std::string, Opened>> kept_;     // the one used last comes first
  std::set<std::string, std::less<>> closed_;          // places
  std::map<dev_t, Descriptor> written_;                // a folder of each file system but the target's own, open since before the first write
  std::atomic<uint64_t> unsynced_{0};
  std::atomic<bool> syncing_{false};
  std::mutex sync_mutex_;                              // held while the disk writes; over what follows
  Result<void> synced_;                                // the first failure: a descriptor hears of each but once
  WorkerPool early_{1, 1};                             // ends first
};

}  // namespace sparekeep::agent
