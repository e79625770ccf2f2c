// Whether an ssh agent answers at all: libssh asks it without a deadline, and one that takes connections and then says nothing would hold a command for ever.
#pragma once

#include <string>

#include "lib/base/clock.h"

namespace sparekeep::central {

inline constexpr Duration kAgentAnswerLimit = std::chrono::seconds(5);

// False: something listens at this socket and has not listed its keys within the limit. Where nothing listens libssh goes on by itself: true.
bool agent_answers(const std::string& socket, const Clock& clock);

}  // namespace sparekeep::central
