#include "test/support/pack_world.h"

#include <bit>

namespace sparekeep {

PackWorld::PackWorld(uint64_t seed)
    : random(seed), vault(random.id<VaultId>()), keys(VaultKeys::make(vault, random)), signer(SigningKey::make(random)) {}

Bytes PackWorld::noise(size_t length) {
  Bytes bytes(length);
  random.fill(bytes);
  return bytes;
}

Bytes PackWorld::prose(size_t length) {
  Bytes bytes;
  while (bytes.size() < length) append(bytes, as_bytes("word " + std::to_string(random.below(1000)) + " of many; "));
  bytes.resize(length);
  return bytes;
}

const PackKeys& PackWorld::keys_of(PackKind kind) const { return kind == PackKind::data ? keys.packs() : keys.metadata().packs(); }

PackWriter PackWorld::writer(Layout layout, PackKind kind) {
  return PackWriter({.vault = vault, .epoch = 1, .kind = kind, .layout = layout}, keys_of(kind), signer, random);
}

SealedPack PackWorld::pack(Layout layout, const std::vector<Bytes>& chunks, PackKind kind) {
  PackWriter packs = writer(layout, kind);
  ChunkNamer namer(keys_of(kind));
  Compressor compressor({});
  for (const Bytes& plain : chunks) packs.add(namer.id_of(plain), static_cast<uint32_t>(plain.size()), compressor.compress(plain));
  return packs.close();
}

Bytes whole_shard(const SealedShard& shard) {
  Bytes bytes = shard.head;
  append(bytes, shard.payload);
  return bytes;
}

std::vector<ShardSpan> payloads_of(const SealedPack& pack, const std::vector<unsigned>& indices) {
  std::vector<ShardSpan> payloads;
  for (const unsigned index : indices) payloads.push_back({index, pack.shards[index].payload});
  return payloads;
}

std::vector<std::vector<unsigned>> sets_of(unsigned size, unsigned count) {
  std::vector<std::vector<unsigned>> sets;
  for (uint32_t bits = 0; bits < uint32_t{1} << count; ++bits) {
    if (static_cast<unsigned>(std::popcount(bits)) != size) continue;
    std::vector<unsigned>& set = sets.emplace_back();
    for (unsigned i = 0; i < count; ++i)
      if (bits >> i & 1) set.push_back(i);
  }
  return sets;
}

}  // namespace sparekeep
