#include "lib/vault/block_digest.h"

#include <algorithm>

#include "lib/crypt/digest.h"
#include "lib/crypt/sha256_lanes.h"

namespace sparekeep {

namespace {

// domain byte || name || ...: a leaf, a shard and a pack never have the same message.
Bytes domain(uint8_t level, std::string_view name) {
  Bytes message{level};
  append(message, as_bytes(name));
  return message;
}

template <typename SomeId>
SomeId root(uint8_t level, std::string_view name, uint64_t length, std::span<const Digest> blocks) {
  ByteWriter writer;
  writer.raw(domain(level, name));
  writer.u64(length);
  for (const Digest& block : blocks) writer.raw(block.bytes());
  return SomeId::from(sha256(writer.bytes()).bytes());
}

ByteSpan leaf() {
  static const Bytes kLeaf = domain(0x00, "sparekeep block v1");
  return kLeaf;
}

}  // namespace

Digest block_digest(ByteSpan block) {
  SK_CHECK(block.size() <= kBlockSize);
  return Sha256().update(leaf()).update(block).finish();
}

std::vector<Digest> block_digests(ByteSpan shard) {
  std::vector<PrefixedMessage> blocks;
  blocks.reserve(block_count(shard.size()));
  for (; !shard.empty(); shard = shard.subspan(std::min<size_t>(shard.size(), kBlockSize)))
    blocks.push_back({leaf(), shard.first(std::min<size_t>(shard.size(), kBlockSize))});
  std::vector<Digest> digests(blocks.size());
  sha256_each(blocks, digests);
  return digests;
}

Digest shard_digest(uint64_t shard_length, std::span<const Digest> blocks) {
  return root<Digest>(0x01, "sparekeep shard v1", shard_length, blocks);
}

PackId pack_id(uint64_t pack_length, std::span<const Digest> blocks) {
  return root<PackId>(0x02, "sparekeep pack v1", pack_length, blocks);
}

}  // namespace sparekeep
