// Hosts and jobs of a catalogue that was lost, from what the snapshots say of them. What a host's own second metadata calls it is no name of it: a
// host that was broken into could take another's, and be given the other's keys. It stays without one until its certificate, which the central
// made, or an install says how it is called.
#pragma once

#include "installer/central/catalogue.h"

namespace sparekeep::central {

// Those that were backed up into these vaults.
void rebuild_hosts(Catalogue& catalogue, const std::vector<VaultId>& vaults);

// Those that an apply has registered since are left as they are. A name that several jobs claim is the one's that most hosts say has it; of
// several names of one job it has the one that most hosts give it; where that is equal, what was heard last counts. What is left out is logged.
void rebuild_jobs(Catalogue& catalogue);

}  // namespace sparekeep::central
