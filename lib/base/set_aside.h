// What was lost or damaged is moved aside and never removed: FILE, with the files that belong to it, becomes FILE.lost-N, under the first
// number that is free, durably.
#pragma once

#include "lib/base/files.h"

namespace sparekeep {

// `endings`: of the files that belong together, behind FILE's name; the empty one is FILE itself. They are moved in this order, those that are
// there. Where the first one lies now; an empty path where none was there.
Result<Path> set_aside(const Path& file, const std::vector<std::string>& endings = {""});

}  // namespace sparekeep
