// Is it the host that it was? Its key against known_hosts.
#pragma once

#include "installer/ssh/key_ring.h"
#include "installer/ssh/ssh_handles.h"
#include "installer/ssh/ssh_target.h"
#include "lib/base/error.h"

namespace sparekeep::central {

std::string host_key_text(ssh_session session);     // "ssh-ed25519 SHA256:..."

// After the key exchange. unreachable where the key is revoked, another one than the known one (both fingerprints and the line to remove), or
// not known and host_keys is strict; with accept-new it is added.
Result<void> check_host_key(ssh_session session, const SshTarget& target, KeyRing& ring);

}  // namespace sparekeep::central
