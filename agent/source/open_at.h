// Opening what is read: never through a symlink at the last component, never waiting, without touching access times where the
// kernel allows that (owner or root).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/descriptor.h"
#include "lib/base/error.h"

namespace sparekeep::agent {

// For reading; `flags` adds O_DIRECTORY. errno is the caller's to read when the descriptor is empty.
Descriptor open_for_reading(int folder, const char* name, int flags = 0);

// A descriptor that says what stands there and opens nothing (O_PATH).
Descriptor open_path_only(int folder, const char* name);

// An absolute path of any length, symlinks followed in all but the last component: opened piece by piece where it is longer than
// the kernel takes at once. Gives the folder of the last component.
Result<Descriptor> open_parent(std::string_view path);

}  // namespace sparekeep::agent
