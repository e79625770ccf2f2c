// The commands of sparekeepd, one file each, and the table that lists them.
#pragma once

#include "lib/cli/command.h"

namespace sparekeep::daemon {

Command serve_command();
Command identity_command();
Command facts_command();
Command check_config_command();
Command status_command();
Command lower_lock_command();

Program daemon_program();

}  // namespace sparekeep::daemon
