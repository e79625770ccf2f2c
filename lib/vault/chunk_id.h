// Chunk ids: HMAC-SHA-256 of the content under a vault's id key, so that ids say nothing to whoever has no key.
#pragma once

#include <vector>

#include "lib/crypt/mac.h"
#include "lib/vault/vault_keys.h"

namespace sparekeep {

class ChunkNamer {                                    // may be used by several threads
 public:
  explicit ChunkNamer(const PackKeys& keys) : hmac_(keys.chunk_id_key) {}
  ChunkId id_of(ByteSpan content) const { return ids_of({&content, 1}).front(); }

  std::vector<ChunkId> ids_of(std::span<const ByteSpan> contents) const {   // sooner than one by one
    std::vector<Digest> digests(contents.size());
    hmac_.of_each(contents, digests);
    std::vector<ChunkId> ids;
    for (const Digest& digest : digests) ids.push_back(ChunkId::from(digest.bytes()));
    return ids;
  }

 private:
  HmacLanes hmac_;
};

}  // namespace sparekeep
