// How a host and the central come to the same master file: the host takes what is newer, and where the central's newest is behind what the host
// keeps (STATE was put back from an older copy) the host gives it back its own file, which the central verifies and goes on from
// (docs/protocol.md, "A central behind its hosts"). Used by one thread.
#pragma once

#include "inventory/master/master_keeper.h"
#include "lib/central/central_client.h"

namespace sparekeep {

constexpr Duration kOfferAgainAfter = std::chrono::minutes(10);        // a file that the central did not take

class MasterExchange {
 public:
  MasterExchange(MasterKeeper& keeper, const Clock& clock) : keeper_(keeper), clock_(clock) {}

  // Asks the central which it has, and follows. true: a newer one is kept now. Fails where the central does not answer; a file that one of the two
  // refuses is a log line.
  Result<bool> turn(CentralClient& central);
  // The same where the central has said it: its newest version, and the hex digest of that file (empty: an older central, which says none).
  Result<bool> follow(const MasterVersion& has, const std::string& digest, CentralClient& central);

 private:
  bool is_behind(const MasterVersion& has, const std::string& digest) const;
  Result<bool> offer(CentralClient& central);                           // true: it took it, and has a newer one now
  Result<bool> fetch(CentralClient& central);

  MasterKeeper& keeper_;
  const Clock& clock_;
  Duration next_offer_{};                                               // boot time
};

}  // namespace sparekeep
