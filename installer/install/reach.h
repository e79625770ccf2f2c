// Do agents reach the daemons: each is given an order to say hello to every daemon that answers the central, over the way that its backups and
// restores will go. A daemon that is off is its own host's matter.
#pragma once

#include "installer/central/running_central.h"
#include "lib/cli/host_tasks.h"

namespace sparekeep::central {

struct ReachingHost {
  std::string name;
  HostId id;
};

// A task "reach" for each host: ok, or failed with "web1 -> store3:7421 refused; open it or set storage.address". Skipped where the agent is at
// another order and does not ask for this one.
void check_reach(RunningCentral& central, Clock& clock, const std::vector<ReachingHost>& hosts, HostTasks& tasks);

}  // namespace sparekeep::central
