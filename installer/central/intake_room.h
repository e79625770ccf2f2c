// How much hosts may put at the central: each so many vaults and bytes, as a host that was broken into could fill the disk otherwise; and
// nothing at all once the disk is nearly full, so that what comes from daemons (reports) and from the central itself still finds room.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "installer/central/catalogue.h"
#include "lib/base/files.h"

namespace sparekeep::central {

struct IntakeLimits {
  uint64_t vaults_max = 16;                      // of one owner, as on daemons: a host makes one, and another each time its key is lost
  uint64_t bytes_max = uint64_t{4} << 30;        // of one owner, or this part of a smaller disk:
  uint64_t bytes_part = 8;
  uint64_t kept_free = uint64_t{256} << 20;      // on the disk of the catalogue, or this part of a smaller one:
  uint64_t kept_part = 16;
};

class IntakeRoom {                               // thread safe
 public:
  IntakeRoom(Path folder, Catalogue& catalogue, const IntakeLimits& limits = {}) : folder_(std::move(folder)), catalogue_(catalogue), limits_(limits) {}

  // Before something new is put; throw no_space. What is counted and could not be put after all stays counted until the next start.
  void take_vault(const HostId& owner, uint64_t bytes);
  void take(const HostId& owner, uint64_t bytes);

 private:
  OwnedAmount& owned_by(const HostId& owner);
  void check(const HostId& owner, const OwnedAmount& owned, uint64_t bytes);
  [[noreturn]] void refuse(const HostId& whose, const std::string& why);
  const Path folder_;
  Catalogue& catalogue_;
  const IntakeLimits limits_;
  std::mutex mutex_;
  std::map<HostId, OwnedAmount> owned_;          // of those that have put something since the start
  std::set<HostId> said_;                        // in the log, once each
};

}  // namespace sparekeep::central
