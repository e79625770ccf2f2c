// What a host or a group may be called.
#pragma once

#include <string_view>

namespace sparekeep {

constexpr std::string_view kAllHosts = "all";  // the group of every host; nobody can declare it

constexpr std::string_view kNameExpected = "a name of at most 63 letters, digits, '-', '_' and '.', that begins with a letter or digit, is expected";

bool is_host_name(std::string_view name);      // as kNameExpected says

}  // namespace sparekeep
