// What changes between two short texts, line by line, for people.
#pragma once

#include <string>

namespace sparekeep::central {

// "--- PATH\n+++ PATH\n-old\n+new\n"; lines that stay begin with a space. Empty when they are equal.
std::string text_diff(const std::string& path, const std::string& before, const std::string& after);

}  // namespace sparekeep::central
