// What ~/.ssh/config may set and ssh heeds, but libssh does not: told where a login fails, which may be for want of it. Never throws.
#pragma once

#include <string>
#include <vector>

namespace sparekeep::central {

// Of those names, in lower case; "userknownhostsfile" is one with more than one file. "; /root/.ssh/config:3 sets HostKeyAlias, which is not heeded"; empty: none.
// Files that it includes are not looked at.
std::string unheeded_settings(const std::string& home, const std::vector<std::string>& names);

}  // namespace sparekeep::central
