// The parallel stage of a backup: a plain chunk gets its id, and is compressed unless the vault has it already.
#pragma once

#include "agent/backup/known_chunks.h"
#include "lib/vault/chunk_id.h"
#include "lib/vault/compressor.h"

namespace sparekeep::agent {

struct PreparedChunk {
  ChunkId id;
  uint32_t plain_length = 0;
  KnownChunks::Found known;             // not null: stored already, `bytes` is empty
  Codec codec = Codec::stored;
  Bytes bytes;                          // compressed, checked
};

class ChunkPreparer {                   // one a thread
 public:
  ChunkPreparer(const PackKeys& keys, Compression compression, const KnownChunks* known)
      : namer_(keys), compressor_(compression), known_(known) {}

  PreparedChunk prepare(ByteSpan plain) {
    PreparedChunk chunk{.id = namer_.id_of(plain), .plain_length = static_cast<uint32_t>(plain.size())};
    if (known_) chunk.known = known_->find(chunk.id);
    if (chunk.known.chunk) return chunk;
    const Compressor::Compressed compressed = compressor_.compress(plain);
    chunk.codec = compressed.codec;
    chunk.bytes.assign(compressed.bytes.begin(), compressed.bytes.end());
    return chunk;
  }

 private:
  ChunkNamer namer_;
  Compressor compressor_;
  const KnownChunks* known_;
};

}  // namespace sparekeep::agent
