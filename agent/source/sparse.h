// Files with more extents than a manifest takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/base/file_entry.h"

namespace sparekeep::agent {

// Takes holes for data, the shortest first, until no more than `extents_max` (at least 1) extents are left. Gives the bytes of those holes.
uint64_t bridge_holes(std::vector<FileExtent>& extents, size_t extents_max);

}  // namespace sparekeep::agent
