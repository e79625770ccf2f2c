#include "agent/orders/backup_order.h"

#include "agent/backup/backup.h"
#include "agent/orders/hooks.h"
#include "inventory/placement/placement.h"
#include "lib/base/log.h"
#include "lib/base/path_glob.h"
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

// Best first for each pack; never this host, nor (unless this machine plays several) another one on the same machine.
PlacementOrder placement_of(const AgentHost& host, std::shared_ptr<const MasterCopy> master) {
  const StorageSystem* self = master->file.find(host.self);
  const MachineId machine = self ? self->machine : MachineId();
  const std::string zone = self ? self->zone : std::string();
  const auto excluded = excluding_host(host.self, machine, host.settings.local || machine.is_zero());
  return [master = std::move(master), excluded, zone](const PackId& pack, uint64_t shard_length) {
    std::vector<HostId> hosts;
    for (const StorageSystem* system : placement_order(master->file.systems, pack, {.shard_bytes = shard_length, .zone_avoided = zone, .excluded = excluded}))
      hosts.push_back(system->id);
    return hosts;
  };
}

WalkOptions walk_options(const BackupOrder& order) {
  WalkOptions options;
  const auto globs = std::make_shared<PathGlob>(PathGlob::parse(order.exclude).value());
  if (!order.exclude.empty())
    options.excluded = [globs](std::string_view path, bool is_directory) { return is_directory ? globs->covers(path) : globs->matches(path, false); };
  return options;
}

RunResult back_up(const Order& order, AgentHost& host, const RunHooks& hooks) {
  const std::shared_ptr<const MasterCopy> master = host.newest_master();
  std::map<HostId, std::shared_ptr<ShardStore>> stores = host.stores(master->file);
  stores.erase(host.self);
  Targets targets(std::move(stores), placement_of(host, master));
  LocalVault vault = LocalVault::open_or_make(host.paths.agent_state(), host.self, recipients_of(host), host.clock, host.random).value();
  Outbox outbox(outbox_folder(host));
  AccountNames names;
  std::vector<RecipientKey> readers{host.delegation.catalogue};
  readers.insert(readers.end(), host.delegation.recovery.begin(), host.delegation.recovery.end());
  BackupWorld world{host.clock, host.random, names, targets, vault, outbox, readers};
  return run_backup({order, walk_options(order.backup), hooks.progress, hooks.stopped}, world);
}

// What was ordered for after a backup runs whatever came before, so no stop ends it.
Result<void> run_step(std::string_view step, const std::vector<Hook>& lines, const AgentHost& host, const RunHooks& hooks) {
  if (lines.empty()) return {};
  if (hooks.run_step) return hooks.run_step(step, lines);
  HookLimits limits;
  if (step == kBeforeStep) limits.stopped = hooks.stopped;
  return run_hooks(lines, host.clock, limits);
}

}  // namespace

Path outbox_folder(const AgentHost& host) { return host.paths.agent_state() / "waiting"; }

RunResult run_backup_order(const Order& order, AgentHost& host, const RunHooks& hooks) {
  const Result<void> before = run_step(kBeforeStep, order.backup.before, host, hooks);
  std::optional<Error> failure;
  if (!before) failure = before.error();
  RunResult result;
  if (!failure) try {
      result = back_up(order, host, hooks);
    } catch (const Error& error) {
      failure = error;
    }
  const Result<void> after = run_step(kAfterStep, order.backup.after, host, hooks);
  if (failure) throw *failure;
  if (!after) result.warnings.push_back(after.error().text());
  return result;
}

}  // namespace sparekeep::agent
