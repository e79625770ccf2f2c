// Logging in: the inventory's key or what ssh would try (agent, IdentityFile, the keys in ~/.ssh), then the password that was asked for.
#pragma once

#include "installer/ssh/agent_watch.h"
#include "installer/ssh/key_ring.h"
#include "installer/ssh/ssh_handles.h"
#include "installer/ssh/ssh_target.h"
#include "lib/base/clock.h"

namespace sparekeep::central {

struct LoginSession {
  ssh_session session;
  ssh_callbacks_struct& callbacks;             // that the session has, as long as it lives
  std::shared_ptr<WatchedCall>& abandoned;     // set where an agent holds a call of libssh up: the session is that call's alone, which has to keep it
};

// By what it was let in: "the key '/root/.ssh/id_ed25519'". unreachable: what was tried, what the host takes, what to do.
Result<std::string> authenticate(const LoginSession& session, const SshTarget& target, KeyRing& ring, const Clock& clock);

}  // namespace sparekeep::central
