// What stands at a place below a target: opened and read without following a symlink anywhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/restore/target_folders.h"
#include "lib/archive/metadata.h"
#include "lib/base/descriptor.h"

namespace sparekeep::agent {

// For reading where it is a regular file or folder that may be read, else O_PATH. not_found when nothing stands there.
Result<Descriptor> open_standing(TargetFolders& folders, std::string_view place);

// Empty: nothing stands there, or what should be a folder on the way is none.
Result<std::optional<FileEntry>> read_standing(TargetFolders& folders, std::string_view place, AccountNames& names);

// Are both names of one file, which is no folder? false when one is missing.
Result<bool> same_standing(TargetFolders& folders, std::string_view place, std::string_view first);

// Is something mounted at the place? not_found when nothing stands there.
Result<bool> is_mount_point(TargetFolders& folders, std::string_view place);

Result<std::vector<std::string>> list_names(int folder);  // sorted, without . and ..

}  // namespace sparekeep::agent
