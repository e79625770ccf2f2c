// Digests of blocks, shards and packs (docs/format.md, "Shards"): leaf, shard and pack in domains of their own. Shard
// boundaries are block boundaries, so one pass of hashing serves a pack and its data shards.
#pragma once

#include <span>
#include <vector>

#include "lib/vault/types.h"

namespace sparekeep {

constexpr uint64_t block_count(uint64_t shard_length) { return (shard_length + kBlockSize - 1) / kBlockSize; }

Digest block_digest(ByteSpan block);                               // at most kBlockSize bytes
std::vector<Digest> block_digests(ByteSpan shard);
Digest shard_digest(uint64_t shard_length, std::span<const Digest> blocks);
PackId pack_id(uint64_t pack_length, std::span<const Digest> blocks);   // blocks of data shards 0 .. k-1 in order

}  // namespace sparekeep
