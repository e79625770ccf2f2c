// A catalogue that was lost, made again from what lies elsewhere: systems from the newest master file in STATE/master; vaults,
// key records, pack list blocks and snapshots from the daemons that it names, each verified as when it first came in; jobs
// and hosts from the snapshots (rebuilt_entries.h). A record whose commit was given up is no snapshot (vault_records.h). What a host was told
// last (definitions of jobs) comes back with the next apply.
#pragma once

#include "installer/central/object_intake.h"
#include "lib/fetch/systems.h"

namespace sparekeep::central {

struct RebuildContext {
  Catalogue& catalogue;
  ObjectIntake& intake;
  const MasterCopy& master;
  const Clock& clock;
};

// What a master file says of a system as a host.
HostEntry host_of(const StorageSystem& system);

// Systems and hosts alone: needs nobody.
void rebuild_systems(const RebuildContext& context);

// Takes what the systems hold. Who did not answer each question ("not there" is an answer): they are to be asked again, alone, when
// they are there. Repeatable.
std::vector<HostId> rebuild_from(const RebuildContext& context, Systems& systems);

// The same of these vaults alone.
std::vector<HostId> rebuild_vaults_from(const RebuildContext& context, Systems& systems, const std::vector<VaultId>& vaults);

}  // namespace sparekeep::central
