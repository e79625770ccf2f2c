#include "installer/commands/commands.h"
#include "lib/cli/completion.h"
#include "lib/cli/man_page.h"
#include "lib/wire/version.h"

namespace sparekeep::central {

Program sparekeep_program() {
  return {.name = "sparekeep", .summary = "installs and supervises a fleet that keeps encrypted backups on its spare disk",
          .version = std::string(kProgramVersion), .options = central_options(),
          .commands = {init_command(),
                       install_command(),
                       uninstall_command(),
                       systems_command(),
                       master_command(),
                       apply_command(),
                       run_command(),
                       retire_command(),
                       jobs_command(),
                       snapshots_command(),
                       show_command(),
                       ls_command(),
                       restore_command(),
                       check_command(),
                       completion_command(),
                       complete_command(),
                       man_command()},
          .ends_at_signals = true};
}

}  // namespace sparekeep::central
