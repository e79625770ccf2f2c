// Files that a program keeps for itself, read as such: what stands in their place and is no file (a FIFO would wait for a writer for ever) is an error.
#pragma once

#include "lib/base/files.h"

namespace sparekeep {

Result<Descriptor> open_own_file(const Path& path);                   // to read; not_found, corrupt where it is no regular file
Result<Bytes> read_own_file(const Path& path, uint64_t bytes_max);    // the same, or corrupt when over the maximum

}  // namespace sparekeep
