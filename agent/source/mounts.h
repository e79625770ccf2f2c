// Which mounted file systems have nothing to back up.
#pragma once

namespace sparekeep::agent {

// /proc, /sys and their like: what the kernel shows as files.
bool is_pseudo_file_system(int folder);

}  // namespace sparekeep::agent
