#include "agent/orders/backup_order.h"

#include "agent/backup/backup.h"
#include "agent/orders/command_run.h"
#include "agent/orders/deliver.h"
#include "agent/orders/hooks.h"
#include "agent/orders/made_snapshot.h"
#include "agent/orders/source_choice.h"
#include "inventory/placement/placement.h"
#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/net/message.h"
#include "lib/wire/privileged.h"

namespace sparekeep::agent {

namespace {

VaultRecipients recipients_of(const AgentHost& host) {
  VaultRecipients recipients;
  if (host.delegation.mode == EscrowMode::central) recipients.recipients.push_back({RecipientRole::escrow, host.delegation.escrow});
  for (const RecipientKey& key : host.delegation.recovery) recipients.recipients.push_back({RecipientRole::recovery, key});
  recipients.recipients.push_back({RecipientRole::host, host.recipient.recipient()});
  return recipients;
}

RunResult back_up(const Order& order, AgentHost& host, const RunHooks& hooks) {
  const std::shared_ptr<const MasterCopy> master = host.newest_master();
  std::map<HostId, std::shared_ptr<ShardStore>> stores = host.stores(master->file);
  stores.erase(host.self);
  Targets targets(std::move(stores), placement_for(host.self, host.settings, master));
  const FileLock alone = lock_vault(host.paths.agent_state()).value();
  LocalVault vault = LocalVault::open_or_make(host.paths.agent_state(), host.self, recipients_of(host), host.clock, host.random).value();
  Outbox outbox(outbox_folder(host));
  AccountNames names;
  std::vector<RecipientKey> readers{host.delegation.catalogue};
  readers.insert(readers.end(), host.delegation.recovery.begin(), host.delegation.recovery.end());
  BackupWorld world{host.clock, host.random, names, targets, vault, outbox, readers};
  const auto start_here = [&](const CommandSource& command, const std::function<bool()>& stopped) { return start_own_command(command, host.clock, stopped); };
  const BackupRequest request{order, walk_options(order.backup).value(), hooks.progress, hooks.stopped, hooks.start_command ? hooks.start_command : start_here};
  RunResult result = run_backup(request, world);
  for (std::string& warning : source_warnings(order.backup)) result.warnings.push_back(std::move(warning));
  return result;
}

// What was ordered for after a backup runs whatever came before, so no stop ends it.
Result<SkipReason> run_step(std::string_view step, const std::vector<Hook>& lines, const AgentHost& host, const RunHooks& hooks) {
  if (lines.empty()) return SkipReason();
  if (hooks.run_step) return hooks.run_step(step, lines);
  LineLimits limits;
  if (step == kBeforeStep) limits.stopped = hooks.stopped;
  return step == kAfterStep ? run_every_hook(lines, host.clock, limits) : run_hooks(lines, host.clock, limits);
}

// One that waits for its systems is offered to them first. As long as too few take it the run ends as it would have ended then: a snapshot of now
// would be another one of the same run, and its `before` may have been undone since.
std::optional<RunResult> made_before(const Order& order, AgentHost& host) {
  const Result<std::map<std::string, Error>> troubles = complete_commits(host);
  SnapshotOfRun before = made_snapshot(host, order).value();
  if (before.unfinished.empty()) return std::move(before.made);
  const std::string stored = "snapshot " + before.unfinished + " of this run is stored, and ", not_offered = stored + "cannot be offered to its systems now";
  if (!troubles) throw troubles.error().during(not_offered);
  if (const auto trouble = troubles->find(snapshot_of(before.unfinished)); trouble != troubles->end()) throw trouble->second.during(not_offered);
  throw Error(ErrorKind::unreachable, stored + "too few systems have taken it; it is offered to the others again");
}

// Throws what goes wrong. A run that has made its snapshot before needs nothing of `before`, which may not work twice (`lvcreate -s`). `after` runs
// whatever came before, so it works alone, and may be what starts the application again; where it has run already, the hook unit does not run it twice.
RunResult run_from_hooks_on(const Order& order, AgentHost& host, const RunHooks& hooks) {
  if (std::optional<RunResult> made = made_before(order, host)) return std::move(*made);
  const SkipReason skip = run_step(kBeforeStep, order.backup.before, host, hooks).value();
  if (!skip) return back_up(order, host, hooks);
  RunResult skipped{.run = order.run, .state = "skipped"};
  skipped.warnings.push_back(*skip);
  return skipped;
}

RunError error_of(const Error& error) { return {std::string(wire_name_of(error.kind())), "", error.text()}; }

}  // namespace

PlacementOrder placement_for(const HostId& self, const AgentSettings& settings, std::shared_ptr<const MasterCopy> master) {
  const auto excluded = excluding_host(self, settings.machine, settings.local || settings.machine.is_zero());
  return [master = std::move(master), excluded, zone = settings.zone](const PackId& pack, uint64_t shard_length) {
    std::vector<HostId> hosts;
    for (const StorageSystem* system : placement_order(master->file.systems, pack, {.shard_bytes = shard_length, .zone_avoided = zone, .excluded = excluded}))
      hosts.push_back(system->id);
    return hosts;
  };
}

Path outbox_folder(const AgentHost& host) { return host.paths.agent_state() / "waiting"; }
Path orders_folder(const AgentHost& host) { return host.paths.agent_state() / "orders"; }

Result<FileLock> lock_vault(const Path& state) {
  Result<FileLock> lock = FileLock::acquire(state / "backup.lock");
  if (lock || lock.error().kind() != ErrorKind::busy) return lock;
  return Error(ErrorKind::busy, "another backup runs on this host; try again when it has ended");
}

// What a hook after it did not do (start the application again) is a failure, whatever came before; a snapshot that was made stays.
RunResult run_backup_order(const Order& order, AgentHost& host, const RunHooks& hooks) {
  RunResult result{.run = order.run, .state = "failed"};
  const Result<void> done = caught([&] { result = run_from_hooks_on(order, host, hooks); });
  if (!done) result.errors.push_back(error_of(done.error()));
  Result<SkipReason> after = SkipReason();
  if (const Result<void> ran = caught([&] { after = run_step(kAfterStep, order.backup.after, host, hooks); }); !ran) after = ran.error();
  if (after && !*after) return result;
  result.state = "failed";
  result.errors.insert(result.errors.begin(), error_of(after ? Error(ErrorKind::failed, **after + ", but it has run") : after.error()));
  return result;
}

}  // namespace sparekeep::agent
