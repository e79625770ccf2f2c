#include "daemon/commands/commands.h"
#include "daemon/settings.h"
#include "daemon/shards/shard_directory.h"
#include "daemon/shards/vault_objects.h"
#include "inventory/master/master_keeper.h"
#include "lib/base/units.h"
#include "lib/cli/console.h"
#include "lib/cli/json_text.h"
#include "lib/host/host_identity.h"

namespace sparekeep::daemon {

Command status_command() {
  return {.name = "status", .group = "Service", .summary = "show what this daemon stores and how much room is left", .options = {}, .positionals = {},
          .example = "  sparekeepd status --json",
          .run = [](CommandContext& context) {
            const HostPaths paths{Path(context.arguments.value("root").value())};
            const DaemonSettings settings = read_settings(paths);
            ShardDirectory shards(paths.below(settings.storage.path), read_host_id(paths), settings.storage.limits());
            const VaultObjects objects(paths.daemon_state() / "vaults", shards.room());   // counted with the shards
            const SpaceFacts space = shards.space().value();
            JsonObject json;
            json.set("host", settings.host).set("shards", shards.count()).set("stored_bytes", space.stored_bytes);
            json.set("available_bytes", space.available_bytes).set("capacity_bytes", space.capacity_bytes);
            context.console.json(json);
            context.console.print(settings.host + ": " + std::to_string(shards.count()) + " shards, " + format_size(space.stored_bytes) +
                                  " stored, " + format_size(space.available_bytes) + " available");
            return Outcome();
          }};
}

}  // namespace sparekeep::daemon
