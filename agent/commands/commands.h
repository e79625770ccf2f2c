// The commands of sparekeep-agent and the table that lists them.
#pragma once

#include "lib/cli/command.h"

namespace sparekeep::agent {

Command serve_command();
Command backup_command();
Command identity_command();
Command facts_command();
Command status_command();
Command restore_order_command();
Command hook_order_command();

Program agent_program();

}  // namespace sparekeep::agent
