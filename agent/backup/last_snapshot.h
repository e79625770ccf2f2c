// What a backup goes by of its job's last snapshot: the memory of it that the host keeps, or, where that is missing or damaged, the same made again from
// the newest record of the job that systems hold, with the keys of this host's vault. What it takes to keep it in memory is what the memory takes;
// the manifest goes to its file chunk by chunk.
#pragma once

#include "agent/backup/local_vault.h"
#include "agent/backup/previous_snapshot.h"
#include "agent/backup/targets.h"
#include "lib/wire/order.h"

namespace sparekeep::agent {

struct LastSnapshot {
  std::optional<SnapshotMemory> memory;
  std::optional<SnapshotMemory> stored;            // of no use to go by, but for what it says is stored
  Result<void> whole;                              // or why there is no memory, though there was a snapshot
  std::string warning;                             // empty: all is as the last backup has left it
};

struct MemoryWorld {
  const Order& order;
  const Targets& targets;                          // after they were asked for the first time
  const LocalVault& vault;
  const Clock& clock;
  bool any_record = false;                         // of the vault; without one nobody is asked
  std::function<void()> going_on;                  // called between requests; what it throws ends it
};

// Where systems do not give it: as much of the memory as there is, and a warning.
LastSnapshot last_snapshot(SnapshotCache& cache, const MemoryWorld& world);

}  // namespace sparekeep::agent
