// What libarchive knows about a file on disk: the names of its flags and the map of its holes. The only file here that includes it.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "lib/base/file_entry.h"

namespace sparekeep {

// Flags as text, comma-separated ("schg,nodump", and "dax", which libarchive does not name); empty for none, and where the file system has no
// flags. `fd` is open for reading.
std::string read_flags(int fd);

// Sets exactly these flags, of those that have a name; unsupported names the ones not known here. Where only `dax`
// cannot be set, the others are, and the error names it. Does nothing when they stand already.
Result<void> set_flags(int fd, const std::string& flags);

// Removes those that forbid any change (immutable, append-only).
Result<void> clear_protection(int fd);

// Fewer blocks than its size needs: only then is its map of holes asked for.
bool may_have_holes(const struct stat& facts);

// The extents that hold data; empty: the file has no holes. `fd` is open for reading, `facts` are its own.
Result<std::vector<FileExtent>> read_extents(int fd, const struct stat& facts);

}  // namespace sparekeep
