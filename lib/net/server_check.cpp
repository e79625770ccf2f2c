#include "lib/net/server_check.h"

namespace sparekeep {

Result<CertificateFacts> check_server(const Channel& channel, const ClientOptions& options, const PeerCheck& check) {
  Result<CertificateFacts> facts = check(channel.peer_certificate());
  if (!facts) return facts;
  const Identity& identity = facts->identity;
  if (options.expected && identity.host != *options.expected) {
    return Error(ErrorKind::denied, "expected host " + options.expected->hex() + ", got " + identity.host.hex());
  }
  if (!identity.roles.contains(options.expected_role)) {
    return Error(ErrorKind::denied, "expected a host with the role " + std::string(name_of(options.expected_role)));
  }
  return facts;
}

}  // namespace sparekeep
