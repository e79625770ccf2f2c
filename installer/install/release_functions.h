// The shell functions that switch a host from one release to another, and back when it does not work.
#pragma once

#include <string_view>

namespace sparekeep::central {

// Of a script: LIB, RELEASE, SETTINGS (paths), SYSTEMD, and the functions services, again and last_words.
extern const std::string_view kReleaseFunctions;

}  // namespace sparekeep::central
