// Folders that take no names (immutable, append-only) and get some all the same, since a restore works in them: without their protection from then on,
// until they get their own metadata, or all ends. Thread safe.
#pragma once

#include <sys/types.h>

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "lib/base/descriptor.h"
#include "lib/base/error.h"

namespace sparekeep::agent {

class LiftedFolders {
 public:
  LiftedFolders() = default;
  ~LiftedFolders() { static_cast<void>(give_back()); }
  LiftedFolders(const LiftedFolders&) = delete;

  // true: it was protected and is not any more, so what was forbidden is worth another try. errno stays.
  bool lift(int folder);
  void forget(int file);       // its flags are set by whoever says so
  Result<void> give_back();    // the flags of the others are what they were

 private:
  struct Lifted {
    Descriptor folder;
    std::string flags;
  };
  std::mutex mutex_;
  std::map<std::pair<dev_t, ino_t>, Lifted> lifted_;
};

}  // namespace sparekeep::agent
