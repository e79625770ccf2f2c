#include "agent/backup/known_chunks.h"

#include "agent/backup/previous_snapshot.h"

namespace sparekeep::agent {

void KnownChunks::add(const PackEntry& pack, const PackedChunk& chunk) {
  packs_.try_emplace(pack.pack, pack);
  chunks_.try_emplace(chunk.id, Place{pack.pack, chunk});
}

void KnownChunks::add(const StoredPack& pack) {
  for (const PackedChunk& chunk : pack.chunks) add(pack.entry, chunk);
}

void KnownChunks::add(const SnapshotMemory& snapshot, const std::function<bool(const PackEntry&)>& keeps) {
  std::vector<bool> kept;
  for (const PackEntry& pack : snapshot.data_packs) kept.push_back(!pack.unused() && keeps(pack));
  for (const ChunkRef& row : snapshot.rows)
    if (!is_unused(row) && row.pack < kept.size() && kept[row.pack]) add(snapshot.data_packs[row.pack], place_of(row));
}

KnownChunks::Found KnownChunks::find(const ChunkId& id) const {
  const auto found = chunks_.find(id);
  if (found == chunks_.end()) return {};
  return {&packs_.at(found->second.pack), &found->second.chunk};
}

}  // namespace sparekeep::agent
