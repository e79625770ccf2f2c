// The last answers of a unit, and what the caller makes of them.
#pragma once

#include <optional>

#include "agent/privileged/run_register.h"
#include "lib/base/error.h"
#include "lib/wire/privileged.h"

namespace sparekeep::agent {

constexpr std::string_view kProgressState = "progress", kOutputState = "output", kResultState = "result", kFailedState = "failed";

// As it came; unsupported where its protocol is more than one apart.
Result<PrivilegedAnswer> read_unit_answer(std::string_view message);

PrivilegedAnswer result_answer(RunResult result);
PrivilegedAnswer failure_answer(const Error& error);

// The way back; corrupt where it is neither a result nor a failure.
Result<RunResult> result_of(PrivilegedAnswer answer);

// What came of a step as the register keeps it, at most kOutcomeBytesMax: of a longer one the lists are cut, and say so.
std::string outcome_text(RunResult result);
// Of a step that was carried out before; nothing where it is not kept, or damaged.
std::optional<RunResult> kept_outcome(const RunRegister& runs, const RunId& run, std::string_view step);

}  // namespace sparekeep::agent
