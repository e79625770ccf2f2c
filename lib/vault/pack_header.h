// The pack header: public, signed by the vault's signer, kept with every shard. It says what the pack is, how it is spread,
// and the digest of each of its shards; it holds no secret.
#pragma once

#include <array>
#include <vector>

#include "lib/crypt/signature.h"
#include "lib/vault/layout.h"
#include "lib/vault/types.h"

namespace sparekeep {

using PackSalt = Id<struct PackSaltTag, 32>;

struct PackHeader {
  VaultId vault;
  uint32_t epoch = 1;
  PackId pack;
  PackKind kind = PackKind::data;
  Layout layout;
  uint64_t pack_length = 0;                           // bytes, layout.data x shard_length
  uint64_t shard_length = 0;
  PackSalt salt;
  Digest content_digest;
  uint64_t directory_offset = 0;                      // in the pack
  uint32_t directory_length = 0;                      // sealed, with its tag
  std::vector<Digest> shard_digests;                  // layout.count()
  bool operator==(const PackHeader&) const = default;
};

constexpr size_t kPackHeaderSizeMax = 4096;

Bytes write_pack_header(const PackHeader& header, const SigningKey& signer);

// Form alone: what a daemon reads to learn whose signer to look up. Nothing in it is to be believed yet. corrupt also when
// its lengths, layout and offsets do not fit each other.
Result<PackHeader> parse_pack_header(ByteSpan object);

// Form and signature.
Result<PackHeader> read_pack_header(ByteSpan object, const PublicKey& signer);

// Which bytes of which data shards hold the bytes [offset, offset + length) of a pack; in order, without overlap.
struct PackSlice {
  unsigned index = 0;                                 // of the shard
  uint64_t offset = 0;                                // in the shard's bytes (behind its head)
  uint64_t length = 0;
  bool operator==(const PackSlice&) const = default;
};
std::vector<PackSlice> slices_of(uint64_t shard_length, uint64_t offset, uint64_t length);

}  // namespace sparekeep
