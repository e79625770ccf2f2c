#include "agent/commands/commands.h"
#include "lib/cli/console.h"
#include "lib/cli/json_text.h"
#include "lib/host/host_identity.h"
#include "lib/wire/version.h"

namespace sparekeep::agent {

Command identity_command() {
  return {.name = "identity", .group = "Install", .summary = "make this host's id and the agent's keys where they are missing, and say who it is",
          .options = {{.name = "check", .documentation = "make nothing; name private keys that are damaged or do not belong to their certificate"}},
          .positionals = {}, .example = "  sparekeep-agent identity",
          .run = [](CommandContext& context) {
            const HostPaths paths{Path(context.arguments.value("root").value())};
            if (context.arguments.flag("check")) return context.console.print_raw(unusable_keys(paths, paths.agent_state())), Outcome();
            const HostId host = make_host_id(paths, system_random());
            (void)make_tls_key_file(paths.agent_state(), system_random());
            const OpeningKey recipient = make_recipient_key(paths.agent_state(), system_random());
            JsonObject facts;
            facts.set("host", host.hex()).set("request", make_host_request(paths.agent_state(), host));
            facts.set("recipient", recipient.recipient().hex()).set("version", std::string(kProgramVersion));
            context.console.print_raw(facts.text().text() + "\n");
            return Outcome();
          }};
}

}  // namespace sparekeep::agent
