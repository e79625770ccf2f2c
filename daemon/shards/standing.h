// What stands under a name that other bytes are put to, read to judge whether they may take its place. Only what is damaged gives way: bytes
// that do not verify, what is no file, and what the disk gives back no more. That it cannot be read now (no free descriptor, no memory, no right)
// says nothing of it, and a host that was broken into could bring some of that about.
#pragma once

#include "lib/base/files.h"

namespace sparekeep::daemon {

// Of `path` below the open folder. corrupt: damaged; `failed`: nobody knows. Waits for no pipe.
Result<Bytes> read_standing(int folder, const Path& path, uint64_t bytes_max, std::string_view context);

Error standing_error(std::string_view context, int error_number);

inline bool is_damage(const Error& error) { return error.kind() == ErrorKind::corrupt; }

}  // namespace sparekeep::daemon
