#include "daemon/routes/peer_check.h"

namespace sparekeep::daemon {

PeerCheck peer_check(const Clock& clock, PeerTrust trust) {
  const auto in_time = [&clock, central_is_there = std::move(trust.central_is_there)](ByteSpan der) {
    return within_time(clock, central_is_there() ? Duration(0) : kCertificateGrace)(der);
  };
  return not_revoked(in_time, std::move(trust.is_revoked));
}

}  // namespace sparekeep::daemon
