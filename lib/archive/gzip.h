// The one compression that every host can undo without us: it has gzip.
#pragma once

#include "lib/base/bytes.h"
#include "lib/base/error.h"

namespace sparekeep {

Result<Bytes> gzip(ByteSpan bytes);

}  // namespace sparekeep
