// Which chunks of the vault are stored already besides those of the job's own last snapshot (agent/backup/chunk_numbers.h), as far as this
// host remembers: from the last snapshots of its other jobs and from the journal of packs that an interrupted backup had stored. A memory, no
// truth: the commit asks the daemons (invariant 2). Filled before a backup begins, then only read, from any thread.
#pragma once

#include <functional>
#include <unordered_map>

#include "lib/vault/pack_list.h"

namespace sparekeep::agent {

struct StoredPack {
  PackEntry entry;
  std::vector<PackedChunk> chunks;
};

struct SnapshotMemory;

class KnownChunks {
 public:
  void add(const PackEntry& pack, const PackedChunk& chunk);
  void add(const StoredPack& pack);
  // The chunks of a snapshot, those in packs of which `keeps` says no left out.
  void add(const SnapshotMemory& snapshot, const std::function<bool(const PackEntry&)>& keeps);

  struct Found {
    const PackEntry* pack = nullptr;
    const PackedChunk* chunk = nullptr;
  };
  Found find(const ChunkId& id) const;                    // nulls: not known

 private:
  struct Place {
    PackId pack;
    PackedChunk chunk;
  };
  std::unordered_map<ChunkId, Place> chunks_;
  std::unordered_map<PackId, PackEntry> packs_;
};

}  // namespace sparekeep::agent
