// Who this host and its programs are: the host's id (made once, by whichever program comes first), the program's TLS key (made here, never leaves)
// and its certificate (brought by install). `identity` prints what install needs to know.
#pragma once

#include "lib/base/random.h"
#include "lib/crypt/certificate.h"
#include "lib/crypt/sealing.h"
#include "lib/host/host_paths.h"
#include "lib/net/tls.h"

namespace sparekeep {

constexpr std::string_view kTlsKeyName = "tls.key", kTlsCertificateName = "tls.crt", kRecipientKeyName = "recipient.key";

HostId read_host_id(const HostPaths& paths);                                  // throws: no_state before the first install
HostId make_host_id(const HostPaths& paths, Random& random);                  // reads it where it is there; throws
Secret make_tls_key_file(const Path& state, Random& random);                  // PEM; reads it where it is there and a key; throws
OpeningKey make_recipient_key(const Path& state, Random& random);             // the agent's X25519 key; likewise
OpeningKey read_recipient_key(const Path& state);                             // throws

// Those in STATE that are no keys, or not the one that the certificate there is for: "nokey ./PATH" each. Of a good recipient key its public half: "recipient HEX".
std::string unusable_keys(const HostPaths& paths, const Path& state);

// A new request for the key that lies in STATE.
std::string make_host_request(const Path& state, const HostId& host);

// Certificate, key and authority for lib/net; throws corrupt or no_state ("run install").
Tls load_host_tls(const Path& state, const std::string& authority_pem);

}  // namespace sparekeep
