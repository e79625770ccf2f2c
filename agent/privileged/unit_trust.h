// Whom a unit of root's believes: the pinned root's delegation and this host's settings, from files that only root can write.
#pragma once

#include <sys/types.h>

#include "agent/settings.h"
#include "inventory/master/delegation.h"

namespace sparekeep::agent {

struct UnitTrust {
  AgentSettings settings;
  Delegation delegation;
  HostId self;
  uid_t agent_uid = 0;                                 // the owner of the agent's state
  gid_t agent_gid = 0;
};

// denied: "'/etc/sparekeep/agent.toml' can be written by others than root". As another user than root: by others than this user.
Result<UnitTrust> read_unit_trust(const HostPaths& paths);

}  // namespace sparekeep::agent
