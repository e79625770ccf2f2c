// Small seeded changes of known inputs, of the kinds that break parsers: a bit, a byte at its edges, a length, a piece
// lost, doubled or taken from another input.
#pragma once

#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/random.h"

namespace sparekeep {

// One of the seeds (there is at least one) after one to eight changes, cut to `bytes_max`.
Bytes mutated(const std::vector<Bytes>& seeds, Random& random, size_t bytes_max);

}  // namespace sparekeep
