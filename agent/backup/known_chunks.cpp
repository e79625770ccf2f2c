#include "agent/backup/known_chunks.h"

namespace sparekeep::agent {

void KnownChunks::add(const PackEntry& pack, const PackedChunk& chunk) {
  packs_.try_emplace(pack.pack, pack);
  chunks_.try_emplace(chunk.id, Place{pack.pack, chunk});
}

void KnownChunks::add(const StoredPack& pack) {
  for (const PackedChunk& chunk : pack.chunks) add(pack.entry, chunk);
}

KnownChunks::Found KnownChunks::find(const ChunkId& id) const {
  const auto found = chunks_.find(id);
  if (found == chunks_.end()) return {};
  return {&packs_.at(found->second.pack), &found->second.chunk};
}

}  // namespace sparekeep::agent
