// The door of toml++: TOML text in, our own values out. Sizes and depths are checked before the library sees a byte
// (lib/config/limits.h), because it is recursive and slow on hostile input.
#pragma once

#include <filesystem>

#include "lib/config/value.h"

namespace sparekeep {

// `file_name` is what refusals name. usage with `file:line:column: what; expected` for anything that is not plain TOML.
Result<ConfigTable> parse_toml(std::string_view text, std::string_view file_name);

// The same for a file: usage when it cannot be read or is over the maximum size.
Result<ConfigTable> read_toml(const std::filesystem::path& file);

}  // namespace sparekeep
