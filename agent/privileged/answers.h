// The last answers of a unit, and what the caller makes of them.
#pragma once

#include "lib/base/error.h"
#include "lib/wire/privileged.h"

namespace sparekeep::agent {

constexpr std::string_view kProgressState = "progress", kResultState = "result", kFailedState = "failed";

PrivilegedAnswer result_answer(RunResult result);
PrivilegedAnswer failure_answer(const Error& error);

// The way back; corrupt where it is neither a result nor a failure.
Result<RunResult> result_of(PrivilegedAnswer answer);

}  // namespace sparekeep::agent
