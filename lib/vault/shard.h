// A shard as a daemon is sent it, stores it and gives it back: a head (prelude, index, pack header, block digests), then the
// shard's bytes, here called payload. The head is all that is needed to check any block of it against the vault's signer.
#pragma once

#include <vector>

#include "lib/vault/block_digest.h"
#include "lib/vault/erasure.h"
#include "lib/vault/pack_header.h"
#include "lib/vault/prelude.h"
#include "lib/vault/shard_id.h"

namespace sparekeep {

constexpr size_t kShardHeadPrefix = kPreludeSize + 4;     // bytes that tell a head's size
constexpr size_t kShardHeadSizeMax = kPreludeSize + 4 + 1 + 4 + kPackHeaderSizeMax + 4 + 32 * (kPackLengthMax / kBlockSize);

struct ShardHead {
  uint8_t index = 0;
  PackHeader header;
  Bytes header_object;                                // the header as it was signed
  std::vector<Digest> blocks;                         // of the payload
  uint64_t size = 0;                                  // of the head in bytes: where the payload begins

  ShardId id() const { return {header.vault, header.pack, header.layout, index}; }
  uint64_t payload_length() const { return header.shard_length; }
};

// `header_object` as write_pack_header made it; blocks of the payload.
Bytes write_shard_head(uint8_t index, ByteSpan header_object, std::span<const Digest> blocks);

// Size of the head, from its first kShardHeadPrefix bytes; corrupt when they are no shard's or over kShardHeadSizeMax.
Result<size_t> shard_head_size(ByteSpan beginning);

// Form alone (the object's beginning is enough; what follows the head is left alone): nothing in it is to be believed yet.
Result<ShardHead> parse_shard_head(ByteSpan object);

// The header's signature by the vault's signer, and that the block digests add up to the shard's digest in it.
Result<void> verify_shard_head(const ShardHead& head, const PublicKey& signer);

// One whole block of the payload, number `block`, against a verified head.
Result<void> verify_block(const ShardHead& head, uint64_t block, ByteSpan bytes);

// Everything that a daemon or reader must check: the head, the payload's length, every block.
Result<void> verify_shard(const ShardHead& head, ByteSpan payload, const PublicKey& signer);

// Shard `index` from any k payloads of the pack (whole, in any order), checked against the signed header: what a repair
// without keys does. lost: fewer than k. corrupt: what came out is not the shard of the header.
Result<Bytes> rebuild_shard(const PackHeader& header, std::span<const ShardSpan> survivors, unsigned index);

}  // namespace sparekeep
