// Which mounted file systems have nothing to back up.
#pragma once

#include <cstdint>

namespace sparekeep::agent {

// /proc, /sys and their like: what the kernel shows as files.
bool is_pseudo_file_system(int file);

// Which mount it is seen through: a bind mount has the device number of what it shows. 0 where the kernel does not tell (before 5.8).
uint64_t mount_of(int folder);

}  // namespace sparekeep::agent
