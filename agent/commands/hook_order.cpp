#include "agent/commands/commands.h"
#include "agent/privileged/unit.h"
#include "lib/cli/console.h"
#include "lib/host/serving.h"

namespace sparekeep::agent {

Command hook_order_command() {
  return {.name = "hook-order", .group = "Units", .summary = "run the hooks of a backup, by the one signed order that comes on standard input",
          .options = {}, .positionals = {}, .example = "  sparekeep-agent hook-order        # started by sparekeep-hook.socket",
          .run = [](CommandContext& context) -> Outcome {
            const UnitWorld world{{Path(context.arguments.value("root").value())}, system_clock(), system_random(), stop_signal_came};
            serve_order(Unit::hook, Descriptor(STDIN_FILENO), world).value();
            return {};
          }};
}

}  // namespace sparekeep::agent
