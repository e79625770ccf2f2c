#include "agent/commands/commands.h"
#include "lib/cli/man_page.h"
#include "lib/wire/version.h"

namespace sparekeep::agent {

Program agent_program() {
  std::vector<Option> options = standard_options();
  options.push_back({.name = "root", .taking = Taking::value, .value_name = "DIR", .documentation = "take every path of sparekeep's own below DIR",
                     .fallback = "/", .meaning = Meaning::folder});
  return {.name = "sparekeep-agent", .summary = "backs up and restores the files of this host", .version = std::string(kProgramVersion),
          .options = std::move(options),
          .commands = {serve_command(), backup_command(), status_command(), identity_command(), facts_command(), restore_order_command(), hook_order_command(),
                       man_command()},
          .man_section = 8};
}

}  // namespace sparekeep::agent
