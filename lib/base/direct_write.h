// Writes past the page cache (O_DIRECT), for much data that nobody reads soon: it costs a copy less, and does not push out of memory what the
// host's own work has there.
#pragma once

#include <span>

#include "lib/base/bytes.h"
#include "lib/base/error.h"

namespace sparekeep {

// Writes the parts one after the other from the beginning of a new, empty file, and makes it as long as they are. A file system that takes no
// direct writes gets ordinary ones. Nothing is durable before an fsync. Memory: one buffer a thread, kept.
Result<void> write_past_cache(int fd, std::span<const ByteSpan> parts);

}  // namespace sparekeep
