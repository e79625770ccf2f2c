// The commands of sparekeep, one file each, and the table that lists them.
#pragma once

#include "lib/cli/command.h"

namespace sparekeep::central {

Command init_command();
Command systems_command();
Command master_command();
Command install_command();
Command uninstall_command();

Program sparekeep_program();

}  // namespace sparekeep::central
