#include "daemon/commands/commands.h"
#include "lib/cli/man_page.h"
#include "lib/wire/version.h"

namespace sparekeep::daemon {

Program daemon_program() {
  std::vector<Option> options = standard_options();
  options.push_back({.name = "root", .taking = Taking::value, .value_name = "DIR", .documentation = "take every path of sparekeep's own below DIR",
                     .fallback = "/", .meaning = Meaning::folder});
  return {.name = "sparekeepd", .summary = "keeps shards of encrypted backups on this host's spare disk", .version = std::string(kProgramVersion),
          .options = std::move(options),
          .commands = {serve_command(), check_config_command(), status_command(), lower_lock_command(), identity_command(), facts_command(), man_command()},
          .man_section = 8};
}

}  // namespace sparekeep::daemon
