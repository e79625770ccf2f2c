// Removes a name and, of a folder, all below it, however deep; symlinks are removed, never followed. A folder of it that somebody moves meanwhile
// ends it: it never goes on where that folder lies then.
#pragma once

#include <string>

#include "lib/base/error.h"

namespace sparekeep::agent {

// Nothing there is no error. Stops at the first thing that can not be removed; what is gone by then is gone.
Result<void> remove_tree(int parent, const std::string& name);

}  // namespace sparekeep::agent
