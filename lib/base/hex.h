// Hexadecimal, lower case, and base64 (RFC 4648 with padding), both ways.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/bytes.h"

namespace sparekeep {

std::string to_hex(ByteSpan bytes);
Result<Bytes> from_hex(std::string_view text);  // lower case only, even length
std::string to_base64(ByteSpan bytes);
Result<Bytes> from_base64(std::string_view text);

}  // namespace sparekeep
