// Messages between two programs as JSON, one struct a message (this folder holds them all). A member that is missing keeps
// its default and one that is unknown is ignored, so that programs one version apart understand each other; a member of
// the wrong type, depth over 32 or bytes after the end make the message corrupt. Ids are lower-case hex, times RFC 3339. Bytes
// of a text that are no UTF-8 (names of files may have them) are written as \xNN, so that whatever is written can be read.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace sparekeep {

// Defined for exactly the messages of this folder (explicit instantiations in messages.cpp).
template <typename Message>
std::string to_json(const Message& message);

template <typename Message>
Result<Message> from_json(std::string_view text);

}  // namespace sparekeep
