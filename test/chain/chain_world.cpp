#include "test/chain/chain_world.h"

#include "lib/base/path_glob.h"
#include "lib/fetch/records.h"

namespace sparekeep {

namespace {

agent::PathPredicate one_of(const std::vector<std::string>& patterns) {
  if (patterns.empty()) return {};
  const auto globs = std::make_shared<PathGlob>(PathGlob::parse(patterns).value());
  return [globs](std::string_view path) { return globs->matches(path, false); };
}

}  // namespace

ChainWorld::ChainWorld(size_t daemons, uint64_t seed)
    : random_(seed), authority_(random_), host_(random_.id<HostId>()), job_(random_.id<JobId>()), tls_(authority_.tls(host_, {Role::agent})),
      escrow_(OpeningKey::make(random_)), recovery_(OpeningKey::make(random_)), own_(OpeningKey::make(random_)) {
  for (size_t i = 0; i < daemons; ++i)
    daemons_.push_back(std::make_unique<TestDaemon>("store" + std::to_string(i + 1), authority_, random_, system_clock()));
}

agent::VaultRecipients ChainWorld::recipients() {
  return {{{RecipientRole::escrow, escrow_.recipient()}, {RecipientRole::recovery, recovery_.recipient()}, {RecipientRole::host, own_.recipient()}}};
}

agent::LocalVault ChainWorld::vault() {
  return agent::LocalVault::open_or_make(state_.path(), host_, recipients(), system_clock(), system_random()).value();
}

RunResult ChainWorld::back_up(const Path& source, Layout layout) {
  std::map<HostId, std::shared_ptr<ShardStore>> stores;
  std::vector<HostId> order;
  for (const auto& daemon : daemons_) stores[daemon->host()] = daemon->store(tls_, system_clock()), order.push_back(daemon->host());
  agent::Targets targets(stores, [order](const PackId& pack, uint64_t) {
    std::vector<HostId> rotated = order;
    std::rotate(rotated.begin(), rotated.begin() + pack.value[0] % rotated.size(), rotated.end());
    return rotated;
  });
  Order order_of_job;
  order_of_job.kind = "backup", order_of_job.job = job_, order_of_job.host = host_, order_of_job.run = system_random().id<RunId>();
  order_of_job.job_name = "job", order_of_job.host_name = "web1";
  order_of_job.backup.paths = {source.string()}, order_of_job.backup.data = layout.data, order_of_job.backup.parity = layout.parity;
  order_of_job.backup.compression = "zstd:1";
  agent::LocalVault own = vault();
  agent::Outbox outbox(state_ / "waiting");
  AccountNames names;
  agent::BackupWorld world{system_clock(), system_random(), names, targets, own, outbox, {recovery_.recipient()}};
  return agent::run_backup({order_of_job, {}, {}, {}}, world);
}

RunResult ChainWorld::restore(const std::string& snapshot, const Path& source, const Path& target, bool check_only) {
  RestoreOrder wanted;
  wanted.snapshot = SnapshotId::parse(snapshot).value(), wanted.path = source.string(), wanted.target = target.string();
  wanted.check_only = check_only;
  return restore(wanted);
}

RunResult ChainWorld::restore(const RestoreOrder& wanted) {
  std::vector<std::shared_ptr<ShardStore>> stores;
  std::vector<ShardStore*> list;
  for (const auto& daemon : daemons_) stores.push_back(daemon->store(tls_, system_clock())), list.push_back(stores.back().get());
  Systems systems(list);
  const agent::LocalVault own = vault();
  const RecordQuery query{systems, system_clock()};
  HeldSnapshot held = find_snapshot(query, own.descriptor(), wanted.snapshot).value();
  AskingLocator locator(systems, system_clock());
  Findings found;
  const FetchContext context{own.descriptor().vault, own.descriptor().signer, systems, locator, found, system_clock(), {}};
  SnapshotReader reader = SnapshotReader::open(context, std::move(held.record), own.keys().metadata(), &own.keys().packs()).value();
  Order order;
  order.kind = "restore", order.run = system_random().id<RunId>(), order.restore = wanted;
  AccountNames names;
  agent::RestoreWorld world{system_clock(), names, reader};
  agent::Selection selection{wanted.path, one_of(wanted.include), one_of(wanted.exclude)};
  const RunResult result = agent::run_restore({order, selection, {}, {}}, world);
  findings.clear();
  for (const ShardFinding& finding : found.all()) findings.push_back(finding.text());
  return result;
}

}  // namespace sparekeep
