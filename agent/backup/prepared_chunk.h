// The parallel stage of a backup: plain chunks get their ids, and are compressed unless the vault has them already.
#pragma once

#include "agent/backup/chunk_numbers.h"
#include "lib/base/spare_buffers.h"
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

  // Several at once, since ids are made so (ChunkNamer); `done(i, chunk)` for each in order. The hash comes first: what is
  // compressed must be what was named. A buffer that is not needed any more goes to `buffers`.
  template <typename Done>
  void prepare(std::span<Bytes> plains, SpareBuffers& buffers, Done done) {
    std::vector<uint64_t> hashes;
    for (const Bytes& plain : plains) hashes.push_back(fast_hash(plain));
    const std::vector<ChunkId> ids = namer_.ids_of(std::vector<ByteSpan>(plains.begin(), plains.end()));
    for (size_t i = 0; i < plains.size(); ++i) {
      PreparedChunk chunk{.id = ids[i], .plain_length = static_cast<uint32_t>(plains[i].size())};
      if (!is_stored(chunk)) fill(chunk, plains[i], hashes[i], buffers);
      buffers.give(std::move(plains[i]));
      done(i, std::move(chunk));
    }
  }

 private:
  bool is_stored(PreparedChunk& chunk) const {
    if (stored_.own.was_held(chunk.id)) return true;
    chunk.known = stored_.others.find(chunk.id);
    return chunk.known.chunk != nullptr;
  }

  void fill(PreparedChunk& chunk, Bytes& plain, uint64_t hash, SpareBuffers& buffers) {
    const Compressor::Compressed compressed = compressor_.compress(plain, hash);
    chunk.codec = compressed.codec;
    chunk.hash = compressed.hash;
    if (compressed.bytes.data() == plain.data()) return chunk.bytes.swap(plain);   // as it is: no copy
    chunk.bytes = buffers.take();
    chunk.bytes.assign(compressed.bytes.begin(), compressed.bytes.end());
  }

  ChunkNamer namer_;
  Compressor compressor_;
  const StoredBefore stored_;
};

}  // namespace sparekeep::agent
