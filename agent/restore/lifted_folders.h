// Folders that take no names (immutable, append-only) and get some all the same, since a restore works in them: without their protection from then on,
// until they get their own metadata, or all ends. Thread safe.
#pragma once

#include <sys/types.h>

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "agent/restore/target_writer.h"
#include "lib/base/descriptor.h"

namespace sparekeep::agent {

class LiftedFolders {
 public:
  LiftedFolders() = default;
  ~LiftedFolders() { static_cast<void>(give_back({})); }
  LiftedFolders(const LiftedFolders&) = delete;

  // true: it was protected and is not any more, be it by another thread's call, so what was forbidden is worth one more try. errno stays.
  bool lift(int folder, std::string_view place);
  void forget(int file);       // its flags are set by whoever says so
  // The flags of the others are what they were. The first error, and a warning of each folder that lacks its own; those are tried again by the next call.
  Result<void> give_back(const WarningSink& warn);

 private:
  struct Lifted {
    Descriptor folder;
    std::string place, flags;
  };
  bool lift_now(int folder, std::string_view place);

  std::mutex mutex_;
  std::map<std::pair<dev_t, ino_t>, Lifted> lifted_;
};

}  // namespace sparekeep::agent
