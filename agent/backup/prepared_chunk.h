// The parallel stage of a backup: plain chunks get their ids, and are compressed unless the vault has them already.
#pragma once

#include "agent/backup/chunk_recogniser.h"
#include "agent/backup/cut_chunk.h"
#include "lib/base/spare_buffers.h"
#include "lib/vault/chunk_id.h"
#include "lib/vault/compressor.h"

namespace sparekeep::agent {

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
  ChunkPreparer(const PackKeys& keys, Compression compression, StoredBefore stored, ChunkMarks& marks)
      : namer_(keys), compressor_(compression), stored_(stored), marks_(marks) {
    if (marks.usable()) gmac_.emplace(marks.key());
  }

  // Several at once, since ids are made so (ChunkNamer); `done(i, chunk)` for each in order. The hash comes first: what is
  // compressed must be what was named. A buffer that is not needed any more goes to `buffers`.
  template <typename Done>
  void prepare(std::span<CutChunk> chunks, SpareBuffers& buffers, Done done) {
    std::vector<uint64_t> hashes;
    std::vector<ByteSpan> contents;
    for (const CutChunk& chunk : chunks) hashes.push_back(fast_hash(chunk.bytes)), contents.push_back(chunk.bytes);
    const std::vector<ChunkId> ids = namer_.ids_of(contents);
    for (size_t i = 0; i < chunks.size(); ++i) {
      Bytes& plain = chunks[i].bytes;
      PreparedChunk chunk{.id = ids[i], .plain_length = static_cast<uint32_t>(plain.size())};
      if (chunks[i].recurs) mark(chunk.id, plain);
      const Compressor::Of of = chunks[i].recurs ? Compressor::Of::large_file : Compressor::Of::files;
      if (!is_stored(chunk)) fill(chunk, compressor_.compress(plain, hashes[i], of), plain, buffers);
      buffers.give(std::move(plain));
      done(i, std::move(chunk));
    }
  }

 private:
  bool is_stored(PreparedChunk& chunk) const {
    if (stored_.own.was_held(chunk.id)) return true;
    chunk.known = stored_.others.find(chunk.id);
    return chunk.known.chunk != nullptr;
  }

  void mark(const ChunkId& id, ByteSpan plain) {
    if (!gmac_ || plain.size() <= ChunkMarks::kBeginning) return;
    marks_.put({.beginning = ChunkMarks::beginning_of(plain), .length = static_cast<uint32_t>(plain.size()), .tag = gmac_->of(plain), .id = id});
  }

  static void fill(PreparedChunk& chunk, const Compressor::Compressed& compressed, Bytes& plain, SpareBuffers& buffers) {
    chunk.codec = compressed.codec;
    chunk.hash = compressed.hash;
    if (compressed.bytes.data() == plain.data()) return chunk.bytes.swap(plain);   // as it is: no copy
    chunk.bytes = buffers.take();
    chunk.bytes.assign(compressed.bytes.begin(), compressed.bytes.end());
  }

  ChunkNamer namer_;
  Compressor compressor_;
  const StoredBefore stored_;
  ChunkMarks& marks_;
  std::optional<Gmac> gmac_;
};

}  // namespace sparekeep::agent
