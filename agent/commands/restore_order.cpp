#include "agent/commands/commands.h"
#include "agent/privileged/unit.h"
#include "lib/cli/console.h"
#include "lib/host/serving.h"

namespace sparekeep::agent {

Command restore_order_command() {
  return {.name = "restore-order", .group = "Units", .summary = "restore, by the one signed order that comes on standard input",
          .options = {}, .positionals = {}, .example = "  sparekeep-agent restore-order        # started by sparekeep-restore.socket",
          .run = [](CommandContext& context) -> Outcome {
            const UnitWorld world{{Path(context.arguments.value("root").value())}, system_clock(), system_random(), stop_signal_came};
            serve_order(Unit::restore, Descriptor(STDIN_FILENO), world).value();
            return {};
          }};
}

}  // namespace sparekeep::agent
