#include "daemon/commands/commands.h"
#include "daemon/settings.h"
#include "daemon/shards/lock_time.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/cli/console.h"

namespace sparekeep::daemon {

namespace {

Outcome lower(CommandContext& context) {
  const HostPaths paths{Path(context.arguments.value("root").value())};
  const Result<Duration> to = parse_duration(context.arguments.positionals().at(0));
  if (!to) throw to.error();
  const Duration declared = read_settings(paths).storage.lock;
  if (*to < declared)
    throw Error(ErrorKind::usage, "daemon.toml declares a lock time of " + format_duration(declared) + "; set storage.lock in the inventory and run install first");
  lower_lock(paths.daemon_state(), *to).value();
  context.console.say("the lock time is " + format_duration(*to) + " from the daemon's next start on");
  return Outcome();
}

}  // namespace

Command lower_lock_command() {
  return {.name = "lower-lock", .group = "Service", .summary = "make the lock time of what is stored here shorter, which only this host can do",
          .options = {}, .positionals = {{.name = "DURATION", .at_least = 1, .at_most = 1}}, .example = "  sparekeepd lower-lock 7d", .run = lower};
}

}  // namespace sparekeep::daemon
