// Packs whose shards have their places, on their way from the uploader's threads to the thread of the assembly. Outlives both, so
// that what is stored while a backup fails still has somewhere to go.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "agent/backup/known_chunks.h"

namespace sparekeep::agent {

class StoredPacks {
 public:
  void add(StoredPack pack) {
    const std::lock_guard lock(mutex_);
    packs_.push_back(std::move(pack));
  }
  std::vector<StoredPack> take() {                // all that came since the last time
    const std::lock_guard lock(mutex_);
    return std::exchange(packs_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<StoredPack> packs_;
};

}  // namespace sparekeep::agent
