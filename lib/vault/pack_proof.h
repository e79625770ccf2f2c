// The proof that a pack writer brings before it gives out a pack: everything opens to what went in, and every loss that
// the layout allows for is survived (the worst one is rebuilt).
#pragma once

#include <vector>

#include "lib/vault/erasure.h"
#include "lib/vault/pack_seal.h"

namespace sparekeep {

// Every sealed chunk and the directory of `pack` open under the key of the header's salt and content digest, the chunks
// give that digest again, and the directory gives `chunks`. The digest was taken of the bytes that came in.
Result<void> prove_opens(const PackHeader& header, const PackKeys& keys, const std::vector<PackedChunk>& chunks, ByteSpan pack);

// With the first min(k, m) data shards gone (and parity for what is left of m), the others give them back.
Result<void> prove_rebuilds(Layout layout, std::span<const ByteSpan> shards);

}  // namespace sparekeep
