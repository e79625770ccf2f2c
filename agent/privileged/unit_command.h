// The agent's side of a command that the hook unit runs.
#pragma once

#include "agent/orders/command_run.h"
#include "agent/privileged/channel.h"

namespace sparekeep::agent {

// `unit` has been asked for this command. Returns when it has begun; the error is the unit's.
Result<std::unique_ptr<CommandOutput>> output_of_unit(Channel unit, const CommandSource& command, const Clock& clock, const Stopped& stopped);

}  // namespace sparekeep::agent
