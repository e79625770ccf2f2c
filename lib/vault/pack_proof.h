// The proof that a pack writer brings before it gives out a pack: everything opens to what went in, and every loss that
// the layout allows for is survived (the worst one is rebuilt).
#pragma once

#include <vector>

#include "lib/vault/erasure.h"
#include "lib/vault/pack_seal.h"

namespace sparekeep {

struct PackedContent {
  const std::vector<PackedChunk>& chunks;
  const std::vector<uint64_t>& hashes;              // chunk_proof of each one when it was proven to expand (lib/vault/compressor.h)
};

// Every sealed chunk and the directory of `pack` open under the key of the header's salt and content digest, the chunks
// are the very bytes, codecs and lengths that the compressor has proven, and the directory names them. So what was read is what comes back,
// whatever happened to it on the way through this machine's memory. That an id is the content's is not proven again.
Result<void> prove_opens(const PackHeader& header, const PackKeys& keys, const PackedContent& content, ByteSpan pack);

// With the first m shards gone, the other k give all of them back: every parity shard is either used or compared. With k = 1
// all shards are one span, and there is nothing to prove.
Result<void> prove_rebuilds(Layout layout, std::span<const ByteSpan> shards);

}  // namespace sparekeep
