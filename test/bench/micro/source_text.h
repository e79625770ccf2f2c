// What the stages are measured on: 16 MiB of C headers as they lie on every machine that builds, which compress as source text does, and as many bytes of chance.
#pragma once

#include "lib/base/bytes.h"

namespace sparekeep {

constexpr size_t kSourceTextBytes = 16 << 20;

const Bytes& source_text();      // made once; throws where /usr/include is not enough
const Bytes& random_bytes();     // which does not shrink

}  // namespace sparekeep
