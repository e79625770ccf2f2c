// Tells the programs of hosts that a central is there now: they ask it at once instead of at their next try.
#pragma once

#include "installer/ssh/host_door.h"

namespace sparekeep::central {

// `forks` at once. A host that cannot be reached is not woken, and nothing is said of it.
void wake_hosts(HostDoor& door, const std::vector<Host>& hosts, size_t forks);

}  // namespace sparekeep::central
