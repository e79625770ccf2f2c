// Whose certificate a daemon takes: inside its time; past it only while no central could have renewed it (docs/trust.md: a lost
// central must not stop restores); never one that the master file revokes. Asked at each request anew.
#pragma once

#include <functional>

#include "lib/net/tls.h"

namespace sparekeep::daemon {

struct PeerTrust {
  std::function<bool()> central_is_there;
  std::function<bool(const std::string& serial)> is_revoked;
};

PeerCheck peer_check(const Clock& clock, PeerTrust trust);

}  // namespace sparekeep::daemon
