// Whether the server at the other end is the one that is meant: what each client asks of it after the handshake.
#pragma once

#include "lib/net/channel.h"
#include "lib/net/client.h"

namespace sparekeep {

// denied: what `check` says, another host, or without the role. Its chain was verified by the handshake.
Result<CertificateFacts> check_server(const Channel& channel, const ClientOptions& options, const PeerCheck& check);

}  // namespace sparekeep
