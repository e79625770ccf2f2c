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
            const PidFile pid(pid_file_path(paths, "sparekeep-agent"));
            AgentService service(std::move(host));
            log_info("serving");
            notify_supervisor("READY=1");
            (void)wait_for_stop_signal([&] { service.wake(); });
            log_info("stopping");
            notify_supervisor("STOPPING=1");
            return Outcome();
          }};
}

}  // namespace sparekeep::agent
