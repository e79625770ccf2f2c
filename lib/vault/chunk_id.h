// Chunk ids: HMAC-SHA-256 of the content under a vault's id key, so that ids say nothing to whoever has no key.
#pragma once

#include "lib/crypt/mac.h"
#include "lib/vault/vault_keys.h"

namespace sparekeep {

class ChunkNamer {                                    // not thread safe: one a thread
 public:
  explicit ChunkNamer(const PackKeys& keys) : hmac_(keys.chunk_id_key) {}
  ChunkId id_of(ByteSpan content) { return ChunkId::from(hmac_.of(content).bytes()); }

 private:
  Hmac hmac_;
};

}  // namespace sparekeep
