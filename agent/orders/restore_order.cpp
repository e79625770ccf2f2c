#include "agent/orders/backup_order.h"
#include "agent/orders/order_check.h"
#include "agent/orders/own_state.h"
#include "agent/backup/local_vault.h"
#include "agent/restore/restore.h"
#include "lib/base/hex.h"
#include "lib/base/path_glob.h"
#include "lib/base/text.h"
#include "lib/fetch/records.h"

namespace sparekeep::agent {

namespace {

// The vault's keys: as the central re-sealed them for this run, or this host's own.
std::unique_ptr<VaultKeys> keys_for(const Order& order, AgentHost& host) {
  const RestoreOrder& restore = order.restore;
  if (restore.key_box.empty()) {
    const LocalVault own = LocalVault::open(host.paths.agent_state()).value();
    if (own.descriptor().vault != restore.vault) throw Error(ErrorKind::denied, "the order brings no key, and vault " + restore.vault.hex() + " is not this host's own");
    return std::make_unique<VaultKeys>(restore.vault, own.keys().vault_key().clone());
  }
  const Bytes box = from_base64(restore.key_box).value();
  Result<Secret> key = host.recipient.open(restore_key_associated(order.run, restore.snapshot), box);
  if (!key) throw key.error().during("the vault's key in the order");
  return std::make_unique<VaultKeys>(restore.vault, std::move(*key));
}

PathPredicate matching(const std::vector<std::string>& patterns) {
  if (patterns.empty()) return {};
  const auto globs = std::make_shared<PathGlob>(PathGlob::parse(patterns).value());
  return [globs](std::string_view path) { return globs->matches(path, false); };
}

std::string found_text(const ShardFinding& finding) { return finding.text(); }

}  // namespace

RunResult run_restore_order(const Order& order, AgentHost& host, const RunHooks& hooks) {
  if (hooks.restore) return hooks.restore(hooks);
  const RestoreOrder& restore = order.restore;
  const std::shared_ptr<const MasterCopy> master = host.newest_master();
  const std::map<HostId, std::shared_ptr<ShardStore>> stores = host.stores(master->file);
  std::vector<ShardStore*> list;
  for (const auto& [id, store] : stores) list.push_back(store.get());
  Systems systems(list);
  const RecordQuery query{systems, host.clock};
  const VaultDescriptor descriptor = find_descriptor(query, restore.vault).value();
  HeldSnapshot held = find_snapshot(query, descriptor, restore.snapshot).value();
  const std::unique_ptr<VaultKeys> keys = keys_for(order, host);
  AskingLocator locator(systems, host.clock);
  Findings findings;
  FetchOptions options;
  options.data_ids = ChunkIds::by_tag;               // no file is finished before its hash has proven it
  const FetchContext context{restore.vault, descriptor.signer, systems, locator, findings, host.clock, options};
  SnapshotReader snapshot = SnapshotReader::open(context, std::move(held.record), keys->metadata(), &keys->packs()).value();
  AccountNames names;
  RestoreWorld world{host.clock, names, snapshot, hooks.open_target};
  const Selection selection{restore.path, matching(restore.include), matching(restore.exclude), own_paths(restore, host.paths).value()};
  RunResult result = run_restore({order, selection, hooks.progress, hooks.stopped}, world);
  for (const ShardFinding& finding : findings.all())
    if (result.warnings.size() < kRunErrorsMax) result.warnings.push_back(found_text(finding));
  for (const Systems::PassedOver& system : systems.passed_over()) result.warnings.push_back(system.reason.text());
  return result;
}

}  // namespace sparekeep::agent
