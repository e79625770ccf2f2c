// How many of a pack's places have to hold it: for a snapshot to be in force, as the agent that commits it and a central that finds it on systems
// judge alike, and to be read.
#pragma once

#include <functional>

#include "lib/vault/pack_list.h"

namespace sparekeep {

using HoldsShard = std::function<bool(const HostId& place)>;

// Of how many systems the pack has more than it needs to be read, when these places hold it: what it can lose.
int spare_places(const PackEntry& pack, const HoldsShard& holds);

// The least number of places of a pack that a commit accepts: k + 1, all where there are fewer.
size_t places_needed(const Layout& layout);

bool commit_accepts(const PackEntry& pack, const HoldsShard& holds);

}  // namespace sparekeep
