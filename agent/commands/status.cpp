#include "agent/backup/local_vault.h"
#include "agent/backup/outbox.h"
#include "agent/commands/commands.h"
#include "agent/orders/backup_order.h"
#include "lib/cli/console.h"
#include "lib/cli/json_text.h"

namespace sparekeep::agent {

Command status_command() {
  return {.name = "status", .group = "Service", .summary = "show this host's vault and what waits for the central", .options = {}, .positionals = {},
          .example = "  sparekeep-agent status --json",
          .run = [](CommandContext& context) {
            const AgentHost host = AgentHost::open({Path(context.arguments.value("root").value())}, system_clock(), system_random());
            const Result<LocalVault> vault = LocalVault::open(host.paths.agent_state());
            const Outbox outbox(outbox_folder(host));
            const size_t waiting = outbox.items(OutboxStage::commit).size() + outbox.items(OutboxStage::send).size();
            const size_t refused = outbox.items(OutboxStage::refused).size();
            const std::string id = vault ? vault->descriptor().vault.hex() : "";
            JsonObject json;
            json.set("host", host.settings.host).set("vault", id).set("waiting", waiting).set("refused", refused).set("master", host.master->version().text());
            const std::optional<std::string> expired = host.expired_master();
            if (expired) context.console.warn(*expired);
            json.set("master_expired", expired.has_value());
            context.console.json(json);
            context.console.print(host.settings.host + ": " + (id.empty() ? "no vault yet" : "vault " + id) + ", master file " +
                                  host.master->version().text() + ", " + std::to_string(waiting) + " snapshots wait for the central" +
                                  (refused == 0 ? "" : ", " + std::to_string(refused) + " are refused by it"));
            return Outcome();
          }};
}

}  // namespace sparekeep::agent
