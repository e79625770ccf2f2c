// The agent's own state is left out of what it backs up, as if the job said so: it changes while it is read, and an older copy of it that is
// restored would take the agent back to what it has done since. Nothing of it is needed to restore (docs/trust.md).
#pragma once

#include <string>
#include <vector>

#include "lib/base/files.h"
#include "lib/host/host_paths.h"
#include "lib/wire/order.h"

namespace sparekeep::agent {

// `order` with the state folder in its `exclude`, by each of its names, where one of the order's paths holds it. One that is named in the order's
// paths, or in which something is, is meant.
Order without_own_state(Order order, const Path& state);

// The paths of a snapshot where a restore by `order` would come upon what makes this host the one it is: its settings with its id, its keys and what it
// has done (states), the programs, the units that start them, and what it stores for others. An order whose target is one of these, or lies in it, means
// that one; denied where it would remove something there.
Result<std::vector<std::string>> own_paths(const RestoreOrder& order, const HostPaths& host);

}  // namespace sparekeep::agent
