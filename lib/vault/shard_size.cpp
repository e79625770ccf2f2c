#include "lib/vault/shard_size.h"

#include "lib/crypt/signature.h"
#include "lib/vault/block_digest.h"
#include "lib/vault/pack_header.h"
#include "lib/vault/shard.h"

namespace sparekeep {

namespace {

// What write_pack_header() writes.
uint64_t pack_header_size(const Layout& layout) {
  constexpr uint64_t numbers = sizeof(PackHeader::epoch) + 3 + sizeof(PackHeader::pack_length) + sizeof(PackHeader::shard_length) +    // 3: kind, k and m
                               sizeof(PackHeader::directory_offset) + sizeof(PackHeader::directory_length);
  return kPreludeSize + VaultId::kSize + PackId::kSize + PackSalt::kSize + Digest::kSize * (1 + uint64_t{layout.count()}) + numbers + Signature::kSize;
}

}  // namespace

uint64_t shard_size(const Layout& layout, uint64_t pack_length) {
  SK_CHECK(layout.valid());
  const uint64_t payload = pack_length / layout.data;
  return kShardHeadPrefix + sizeof(ShardHead::index) + sizeof(uint32_t) + pack_header_size(layout) + sizeof(uint32_t) + Digest::kSize * block_count(payload) + payload;
}

}  // namespace sparekeep
