#include "daemon/commands/commands.h"
#include "daemon/settings.h"
#include "lib/cli/console.h"

namespace sparekeep::daemon {

Command check_config_command() {
  return {.name = "check-config", .group = "Service", .summary = "read daemon.toml and say what is wrong with it", .options = {}, .positionals = {},
          .example = "  sparekeepd check-config",
          .run = [](CommandContext& context) {
            const HostPaths paths{Path(context.arguments.value("root").value())};
            const DaemonSettings settings = read_settings(paths);
            context.console.say("daemon.toml of '" + settings.host + "' is in order");
            return Outcome();
          }};
}

}  // namespace sparekeep::daemon
