// What sealing and opening a pack agree on: content digest, content key, associated data, the plain directory. Used by the
// pack writer and the pack reader, which do not know each other.
#pragma once

#include <vector>

#include "lib/crypt/aead.h"
#include "lib/crypt/digest.h"
#include "lib/vault/pack_header.h"
#include "lib/vault/vault_keys.h"

namespace sparekeep {

constexpr uint64_t kDirectoryCounter = UINT32_MAX;

struct PackPlace {                                    // what every seal of a pack is bound to
  VaultId vault;
  uint32_t epoch = 1;
  PackKind kind = PackKind::data;
};

// Running digest over what makes the compressed chunks of a pack what they are, in order: ids, which are keyed hashes of what they hold, and how
// that was compressed.
class ContentDigest {
 public:
  ContentDigest();
  void add(const PackedChunk& chunk, uint64_t proof);   // chunk_proof of the compressed bytes
  Digest finish();

 private:
  Sha256 sha256_;
};

Secret content_key(const PackKeys& keys, const PackSalt& salt, const Digest& content_digest);
Bytes chunk_associated(const PackPlace& place, const PackedChunk& chunk);
Bytes directory_associated(const PackPlace& place);

Bytes write_directory(const std::vector<PackedChunk>& chunks);
Result<std::vector<PackedChunk>> read_directory(ByteSpan object, uint64_t content_length);   // chunks end before it

}  // namespace sparekeep
