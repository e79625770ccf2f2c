// Systematic Reed-Solomon over GF(2^8) with a Cauchy matrix (ISA-L): k data shards, m parity shards, any k of them give
// back all. Works on spans of equal length, byte column by byte column, so whole shards and equal slices of them both do.
#pragma once

#include <span>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/vault/layout.h"

namespace sparekeep {

struct ShardSpan {                                    // bytes of the shard with this index
  unsigned index = 0;
  ByteSpan bytes;
};
struct MutableShardSpan {
  unsigned index = 0;
  MutableSpan bytes;
};

class Erasure {                                       // const and thread safe after construction
 public:
  explicit Erasure(Layout layout);                    // valid()

  // parity[j] becomes shard k + j; data has k spans, parity m, all of one length.
  void encode(std::span<const ByteSpan> data, std::span<const MutableSpan> parity) const;

  // Fills each of `wanted` (data or parity) from the first k of `survivors`. lost: fewer than k. corrupt: an index twice or
  // out of range, or lengths that differ. What comes out is as right as what went in: check digests afterwards.
  Result<void> rebuild(std::span<const ShardSpan> survivors, std::span<const MutableShardSpan> wanted) const;

 private:
  Layout layout_;
  Bytes matrix_;                                      // (k + m) rows of k coefficients; the first k are the unit matrix
};

}  // namespace sparekeep
