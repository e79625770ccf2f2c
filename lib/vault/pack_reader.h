// Opens packs: one chunk from its sealed bytes, the directory, and a whole pack put together from any k shards. What comes
// out was checked in the order of docs/format.md: (digest of what was fetched, by the caller or assemble_pack), tag, and the id where asked for.
#pragma once

#include <optional>
#include <vector>

#include "lib/vault/chunk_id.h"
#include "lib/vault/compressor.h"
#include "lib/vault/pack_seal.h"
#include "lib/vault/shard.h"

namespace sparekeep {

// Whether a chunk's id is computed from what came out. Its tag binds the id that it was sealed with in any case, so only a writer that has the vault's
// keys could have named it wrongly; where whole files are held to their hash besides, that is found without.
enum class ChunkIds { computed, by_tag };

class PackReader {                                    // of one pack; not thread safe
 public:
  // `header` verified; keys of its kind. `scratch`: memory to be used again, with anything in it.
  PackReader(const PackHeader& header, const PackKeys& keys, ChunkIds ids = ChunkIds::computed, Bytes scratch = {});

  // Opens and expands a chunk; `plain` is resized to its plain length. corrupt when the tag, the frame or a computed id does
  // not fit, or when `chunk` is impossible. `sealed` is [chunk.offset, + sealed_length) of the pack.
  Result<void> open_chunk(const PackedChunk& chunk, ByteSpan sealed, Bytes& plain);

  // `sealed` is [header.directory_offset, + directory_length) of the pack.
  Result<std::vector<PackedChunk>> open_directory(ByteSpan sealed);

  const PackHeader& header() const { return header_; }
  Bytes take_scratch() { return std::move(scratch_); }

 private:
  PackHeader header_;
  Aead aead_;
  std::optional<ChunkNamer> namer_;
  Expander expander_;
  Bytes scratch_;                                     // what was unsealed and is not expanded yet; longer than that
};

// The pack's bytes from any k payloads (whole, in any order). Every payload that is used and every rebuilt data shard is
// checked against the header, and the pack id with them. lost: fewer than k. corrupt: a payload that is not the header's.
Result<Bytes> assemble_pack(const PackHeader& header, std::span<const ShardSpan> payloads);

}  // namespace sparekeep
