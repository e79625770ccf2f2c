// Text that may be any bytes, and what of it is UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sparekeep {

size_t utf8_length(std::string_view text);       // of the well-formed sequence at the front; 0: there is none

// Bytes that are no UTF-8 as \xNN, all else as it is: for formats that carry nothing but UTF-8.
std::string as_utf8(std::string_view text);

}  // namespace sparekeep
