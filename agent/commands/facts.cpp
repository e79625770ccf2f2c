#include "agent/commands/commands.h"
#include "lib/cli/console.h"
#include "lib/host/host_facts.h"

namespace sparekeep::agent {

// Asked by install's script of facts, which tells all itself where this fails.
Command facts_command() {
  return {.name = "facts", .group = "Install", .summary = "say what install looks at, where all is much as it left it", .options = {},
          .positionals = {{.name = "WHAT=WHICH", .at_most = 32}}, .example = "  sparekeep-agent facts files=./etc/sparekeep/delegation.bin",
          .run = [](CommandContext& context) {
            context.console.print_raw(told_facts(context.arguments.value("root").value(), context.arguments.positionals(), system_clock().now()));
            return Outcome();
          },
          .hidden = true};
}

}  // namespace sparekeep::agent
