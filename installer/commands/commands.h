// The commands of sparekeep, one file each, and the table that lists them.
#pragma once

#include "lib/cli/command.h"

namespace sparekeep::central {

Command init_command();
Command systems_command();
Command master_command();
Command install_command();
Command uninstall_command();

Command apply_command();
Command run_command();
Command retire_command();
Command jobs_command();

Command snapshots_command();
Command show_command();
Command ls_command();
Command restore_command();

Command check_command();

Program sparekeep_program();

}  // namespace sparekeep::central
