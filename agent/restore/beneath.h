// Names below a target folder, opened so that nothing leads out of it: openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, piece by
// piece where a place is longer than the kernel takes at once.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/descriptor.h"
#include "lib/base/error.h"

namespace sparekeep::agent {

// Is it "" (the target itself) or a relative path of ordinary names? Anything else is refused before the kernel is asked.
bool place_is_normal(std::string_view place);

std::string_view place_parent(std::string_view place);  // "" for "a"
std::string_view place_name(std::string_view place);    // "a" for "b/a"; "" for ""
std::string place_below(const std::string& place, const std::string& name);   // "a/b" for "a" and "b"; "b" for "" and "b"

// What is said of a symlink on the way to a place, behind its name.
inline constexpr const char* kNotThroughIt =
    " is a symlink; nothing is written through it: restore SNAPSHOT:PATH of what lies below it, with --target DIR where it leads to";

// The folder at `place`, for reading. denied where a symlink is on the way: "'a/b'" and the above.
Result<Descriptor> open_folder_beneath(int target, std::string_view place);

// Opens one name in a folder that was opened by the above; O_NOFOLLOW is added. errno is the caller's to read.
Descriptor open_name(int folder, std::string_view name, int flags);

// The same where nothing is mounted at the name, else errno EXDEV: the kernel knows bind mounts, too, whose device is that of what they show.
Descriptor open_unmounted(int folder, std::string_view name, int flags);

}  // namespace sparekeep::agent
