// Logging in: the inventory's key or what ssh would try (agent, IdentityFile, the keys in ~/.ssh), then the password that was asked for.
#pragma once

#include "installer/ssh/key_ring.h"
#include "installer/ssh/ssh_handles.h"
#include "installer/ssh/ssh_target.h"
#include "lib/base/clock.h"

namespace sparekeep::central {

// unreachable: what was tried, what the host takes, what to do.
Result<void> authenticate(ssh_session session, const SshTarget& target, KeyRing& ring, const Clock& clock);

}  // namespace sparekeep::central
