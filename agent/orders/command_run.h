// A command of which the output is backed up, run by this process: as root's unit does it for an agent without rights, or for itself.
#pragma once

#include "agent/orders/piped_command.h"
#include "agent/orders/shell_line.h"

namespace sparekeep::agent {

std::string called(const CommandSource& command);      // "command 'db.sql'"

// Runs it to its end; its standard output goes to `output`, which is not held by this process any longer. failed: "command 'db.sql' exited with 1: END OF ITS STANDARD
// ERROR", denied where this process cannot become its user; timeout, interrupted.
Result<void> run_command(const CommandSource& command, Descriptor output, const Clock& clock, const LineLimits& limits);

struct UserNumbers {
  uint32_t uid = 0, gid = 0;
};
// Of a user of this host by name; failed where there is none. Empty: as given.
Result<UserNumbers> numbers_of(const std::string& user, UserNumbers where_empty);

// In this process, as the user that it names, or as whom this process runs.
Result<StartedCommand> start_own_command(const CommandSource& command, const Clock& clock, const std::function<bool()>& stopped, const OutputLimits& limits = {});

}  // namespace sparekeep::agent
