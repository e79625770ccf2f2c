// Text for scripts of POSIX sh.
#pragma once

#include <string>

#include "lib/base/bytes.h"

namespace sparekeep::central {

std::string shell_quoted(std::string_view text);   // one word, whatever the text holds
std::string shell_word(std::string_view text);     // the same for people to read: quoted only where it has to be
std::string shell_format(ByteSpan bytes);          // one word, of which printf makes exactly these bytes

}  // namespace sparekeep::central
