// What a host or a group may be called.
#pragma once

#include <string_view>

namespace sparekeep {

constexpr std::string_view kAllHosts = "all";  // the group of every host; nobody can declare it

constexpr std::string_view kNameExpected = "a name of at most 63 letters, digits, '-', '_' and '.', that begins with a letter or digit, is expected";

bool is_host_name(std::string_view name);      // as kNameExpected says

// An IPv4 or IPv6 address (with a zone: "fe80::1%eth0"), or what can be a DNS name: what ends in a number is no name. With a variable
// ("${host}.example.com") it is not known yet, and taken.
bool is_address(std::string_view text);

}  // namespace sparekeep
