// Golden bytes of every format that outlives a release: test/golden/NAME.hex, lower-case hex, 32 bytes a line. They are
// compared, never made again silently: SK_ACCEPT=1 in the environment writes the file anew.
#pragma once

#include <string>

#include "lib/base/bytes.h"

namespace sparekeep {

// Empty when the bytes are the golden ones; otherwise what differs, for a test to compare with "".
std::string golden_difference(const std::string& name, ByteSpan bytes);

// The bytes of test/golden/NAME.hex; throws where there is none.
Bytes golden_bytes(const std::string& name);

}  // namespace sparekeep
