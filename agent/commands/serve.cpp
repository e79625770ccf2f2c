#include "agent/commands/commands.h"
#include "agent/orders/service.h"
#include "lib/base/log.h"
#include "lib/host/serving.h"

namespace sparekeep::agent {

Command serve_command() {
  return {.name = "serve", .group = "Service", .summary = "carry out the central's orders until SIGTERM", .options = {}, .positionals = {},
          .example = "  sparekeep-agent serve\n  sparekeep-agent --root /tmp/host1 serve",
          .run = [](CommandContext& context) {
            const HostPaths paths{Path(context.arguments.value("root").value())};
            AgentHost host = AgentHost::open(paths, system_clock(), system_random());
            const PidFile pid(paths.run() / "sparekeep-agent.pid");
            const AgentService service(std::move(host));
            log_info("serving");
            (void)wait_for_stop_signal();
            log_info("stopping");
            return Outcome();
          }};
}

}  // namespace sparekeep::agent
