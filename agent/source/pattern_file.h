// A file of patterns on the host, one a line, as .gitignore is written: "#" begins a comment, blank lines and blanks at the end of a line say
// nothing, and a backslash takes the character behind it as it is ("\\#", "\\ "). What a pattern means says lib/base/path_glob.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/error.h"

namespace sparekeep::agent {

inline constexpr uint64_t kPatternFileBytesMax = 1 << 20;

// not_found: "no such exclude file: '/etc/sparekeep/excludes'; nothing was backed up"; usage: "'/etc/sparekeep/excludes':3: ...". No message holds
// anything of the file, which may be any.
Result<std::vector<std::string>> read_patterns(const std::string& path);

// Of one that can be written, or exchanged, by others than root and the user of this process.
std::optional<std::string> pattern_file_warning(const std::string& path);

}  // namespace sparekeep::agent
