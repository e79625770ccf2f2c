#include "daemon/commands/commands.h"
#include "daemon/settings.h"
#include "daemon/shards/shard_directory.h"
#include "daemon/shards/storage_folder.h"
#include "lib/base/text.h"
#include "lib/cli/console.h"
#include "lib/cli/json_text.h"
#include "lib/host/host_identity.h"
#include "lib/wire/version.h"

namespace sparekeep::daemon {

Command identity_command() {
  return {.name = "identity", .group = "Install", .summary = "make this host's id and the daemon's key where they are missing, and say who it is",
          .options = {{.name = "prepare-storage", .taking = Taking::value, .value_name = "PATH",
                       .documentation = "also make the storage folder, one of its own, with its marker file"},
                      {.name = "check",
                       .documentation = "make nothing; name private keys that are damaged or do not belong to their certificate"}},
          .positionals = {}, .example = "  sparekeepd identity\n  sparekeepd identity --prepare-storage /srv/sparekeep",
          .run = [](CommandContext& context) {
            const HostPaths paths{Path(context.arguments.value("root").value())};
            if (context.arguments.flag("check")) return context.console.print_raw(unusable_keys(paths, paths.daemon_state())), Outcome();
            const HostId host = make_host_id(paths, system_random());
            (void)make_tls_key_file(paths.daemon_state(), system_random());
            if (const std::optional<std::string> storage = context.arguments.value("prepare-storage")) {
              refuse_others_folder(paths.below(*storage)).value();
              during("the storage folder " + in_quotes(*storage) + " takes no marker; make room there, or name another one in storage.path",
                     ShardDirectory::prepare(paths.below(*storage), host))
                  .value();
            }
            JsonObject facts;
            facts.set("host", host.hex()).set("request", make_host_request(paths.daemon_state(), host)).set("version", std::string(kProgramVersion));
            context.console.print_raw(facts.text().text() + "\n");
            return Outcome();
          }};
}

}  // namespace sparekeep::daemon
