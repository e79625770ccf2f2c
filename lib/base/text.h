// Small helpers for text in messages and tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sparekeep {

std::string in_quotes(std::string_view value);   // 'value', with control bytes and invalid UTF-8 as \xNN: safe in logs and on terminals
std::string printable(std::string_view value);  // the same without the quotes
std::string joined(const std::vector<std::string>& parts, std::string_view separator);
std::vector<std::string> split_text(std::string_view text, char separator);

// Does `name` match the shell glob `pattern` (* ? [a-z])? No slash is special.
bool matches_glob(std::string_view pattern, std::string_view name);

}  // namespace sparekeep
