// Files that the kernel makes as they are read (/proc/version, /proc/sys): they say that they are empty, and what they hold may be another thing at
// each read. So one is read once, and what came is what is backed up.
#pragma once

#include "lib/base/descriptor.h"
#include "lib/base/error.h"
#include "lib/base/file_entry.h"

namespace sparekeep::agent {

inline constexpr uint64_t kGeneratedBytesMax = 16 << 20;       // some never end (/proc/PID/pagemap)

// Of a regular file of no bytes: a copy in memory, whose size and change time `entry` gets; none where it is really empty. failed: it is longer than that.
Result<Descriptor> copy_of_generated(int file, FileEntry& entry);

}  // namespace sparekeep::agent
