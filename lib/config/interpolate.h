// ${name} in strings. `$${` stands for a `${` as it is (for the shell of a hook); nothing else of `$` is special.
#pragma once

#include <map>

#include "lib/config/value.h"

namespace sparekeep {

struct Variables {
  std::map<std::string, std::string> values;
  std::string owner;  // "host 'web1'"; for refusals
  size_t* bytes_left = nullptr;   // of kInterpolatedBytesMax, for all texts with variables; null: not counted
};

// Throws usage with `at` for an unknown name, for `${` without end and for what grows beyond the limits (lib/config/limits.h).
std::string interpolate(std::string_view text, const Position& at, const Variables& variables);

// Every string of the table, at any depth. Keys are left alone.
void interpolate_table(ConfigTable& table, const Variables& variables);

bool is_variable_name(std::string_view name);  // letters, digits, _; no digit first

}  // namespace sparekeep
