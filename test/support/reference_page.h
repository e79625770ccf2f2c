// Compares a generated page of docs/ with what the code says now; with SK_ACCEPT=1 in the environment writes it anew.
#pragma once

#include <string>

namespace sparekeep {

// Empty when they are equal; otherwise what to do. `file` as from the root of the repository.
std::string reference_difference(const std::string& file, const std::string& expected);

}  // namespace sparekeep
