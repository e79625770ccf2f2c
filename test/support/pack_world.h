// One vault with fixed keys, and packs of it, for tests: everything comes from one seed.
#pragma once

#include <vector>

#include "lib/vault/chunk_id.h"
#include "lib/vault/compressor.h"
#include "lib/vault/pack_writer.h"

namespace sparekeep {

struct PackWorld {
  explicit PackWorld(uint64_t seed = 1);

  Bytes noise(size_t length);                          // does not shrink
  Bytes prose(size_t length);                          // does
  PackWriter writer(Layout layout, PackKind kind = PackKind::data);
  SealedPack pack(Layout layout, const std::vector<Bytes>& chunks, PackKind kind = PackKind::data);
  const PackKeys& keys_of(PackKind kind) const;

  SeededRandom random;
  VaultId vault;
  VaultKeys keys;
  SigningKey signer;
};

Bytes whole_shard(const SealedShard& shard);           // head and payload
std::vector<ShardSpan> payloads_of(const SealedPack& pack, const std::vector<unsigned>& indices);

// Every set of `size` numbers below `count`.
std::vector<std::vector<unsigned>> sets_of(unsigned size, unsigned count);

}  // namespace sparekeep
