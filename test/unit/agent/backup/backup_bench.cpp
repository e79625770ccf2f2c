#include "test/unit/agent/backup/backup_bench.h"

#include <algorithm>
#include <fstream>

namespace sparekeep::agent {

namespace {

LocalVault vault_of(BackupBench& bench) {
  const VaultRecipients recipients{{{RecipientRole::recovery, bench.recovery.recipient()}, {RecipientRole::host, bench.own.recipient()}}};
  return LocalVault::open_or_make(bench.state.path(), bench.host, recipients, bench.clock, bench.random).value();
}

}  // namespace

BackupBench::BackupBench(size_t count) : vault(vault_of(*this)) {
  for (size_t i = 0; i < count; ++i)
    systems.push_back(std::make_shared<FaultyStore>("store" + std::to_string(i + 1), random.id<HostId>(), clock));
}

void BackupBench::write(const std::string& name, size_t size, uint64_t seed) {
  Bytes noise(size);
  SeededRandom(seed).fill(noise);
  std::ofstream(source / name, std::ios::binary).write(reinterpret_cast<const char*>(noise.data()), static_cast<std::streamsize>(size));
}

Targets BackupBench::targets() const {
  std::map<HostId, std::shared_ptr<ShardStore>> stores;
  std::vector<HostId> order;
  for (const auto& system : systems) {
    if (unknown.contains(system->host())) continue;
    stores[system->host()] = system;
    if (!without_room.contains(system->host())) order.push_back(system->host());
  }
  return Targets(std::move(stores), [order](const PackId& pack, uint64_t) {
    std::vector<HostId> rotated = order;
    if (!rotated.empty()) std::rotate(rotated.begin(), rotated.begin() + static_cast<long>(pack.value[0] % rotated.size()), rotated.end());
    return rotated;
  });
}

Order BackupBench::order(Layout layout) const {
  Order order;
  order.kind = "backup", order.job = job, order.host = host, order.run = system_random().id<RunId>();
  order.job_name = "job", order.host_name = "web1";
  order.backup.paths = {source.path().string()}, order.backup.data = layout.data, order.backup.parity = layout.parity;
  order.backup.compression = "zstd:1";
  return order;
}

RunResult BackupBench::back_up(const Order& order, const std::function<bool()>& stopped) {
  Targets reached = targets();
  Outbox outbox(state / "waiting");
  AccountNames names;
  clock.sleep(std::chrono::hours(1));
  BackupWorld world{clock, random, names, reached, vault, outbox, {recovery.recipient()}};
  return run_backup({order, walk, {}, stopped}, world);
}

// Which systems hold the record follows from where the packs of the run fell.
Bytes BackupBench::held(StoredKind kind, const std::string& name) const {
  for (const auto& system : systems) {
    if (system->state != StoreState::well || unknown.contains(system->host())) continue;
    Result<Bytes> object = system->get_object(vault.descriptor().vault, kind, name, Deadline(clock, kNoWait));
    if (object) return std::move(*object);
  }
  throw Error(ErrorKind::not_found, "no system that is well holds " + name);
}

SnapshotRecord BackupBench::record(const RunResult& run) const {
  return SnapshotRecord::read(held(StoredKind::record, run.snapshot + ".1"), vault.signer().public_key()).value();
}

std::vector<PackEntry> BackupBench::packs(const RunResult& run, PackKind kind) const {
  const SnapshotRecord made = record(run);
  const PublicSection& section = made.public_section();
  std::vector<Bytes> blocks;
  for (const Digest& digest : (kind == PackKind::data ? section.data_packs : section.metadata_packs).blocks)
    blocks.push_back(held(StoredKind::pack_list_block, digest.hex()));
  std::vector<PackEntry> packs = join_pack_list(section.vault, kind, blocks).value();
  std::erase_if(packs, [](const PackEntry& pack) { return pack.unused(); });
  return packs;
}

size_t BackupBench::shards() const {
  size_t shards = 0;
  for (const auto& system : systems) shards += system->inside().shards().size();
  return shards;
}

}  // namespace sparekeep::agent
