// The parallel stage of a backup: a plain chunk gets its id, and is compressed unless the vault has it already.
#pragma once

#include "agent/backup/chunk_numbers.h"
#include "lib/vault/chunk_id.h"
#include "lib/vault/compressor.h"

namespace sparekeep::agent {

struct StoredBefore {                   // what is not stored again; several threads look things up in it
  const ChunkNumbers& own;              // the job's last snapshot
  const KnownChunks& others;
};

struct PreparedChunk {
  ChunkId id;
  uint32_t plain_length = 0;
  KnownChunks::Found known;             // not null: one of the others
  Codec codec = Codec::stored;
  Bytes bytes;                          // compressed, checked; empty: stored already
  uint64_t hash = 0;                    // of `bytes`
};

class ChunkPreparer {                   // one a thread
 public:
  ChunkPreparer(const PackKeys& keys, Compression compression, StoredBefore stored)
      : namer_(keys), compressor_(compression), stored_(stored) {}

  // The hash comes first: what is compressed must be what was named.
  PreparedChunk prepare(ByteSpan plain) {
    const uint64_t hash = fast_hash(plain);
    PreparedChunk chunk{.id = namer_.id_of(plain), .plain_length = static_cast<uint32_t>(plain.size())};
    if (stored_.own.was_held(chunk.id)) return chunk;
    chunk.known = stored_.others.find(chunk.id);
    if (chunk.known.chunk) return chunk;
    const Compressor::Compressed compressed = compressor_.compress(plain, hash);
    chunk.codec = compressed.codec;
    chunk.hash = compressed.hash;
    chunk.bytes.assign(compressed.bytes.begin(), compressed.bytes.end());
    return chunk;
  }

 private:
  ChunkNamer namer_;
  Compressor compressor_;
  const StoredBefore stored_;
};

}  // namespace sparekeep::agent
