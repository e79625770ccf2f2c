#include "installer/central/rebuild.h"

#include <algorithm>
#include <memory>

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/fetch/records.h"
#include "lib/store/remote_store.h"

namespace sparekeep::central {

namespace {

constexpr Duration kRequestLimit = std::chrono::seconds(30);

struct VaultAtHand {
  VaultId id;
  HostId owner;
};

// One object of one system into the catalogue, by the same door as an agent's.
using Take = std::function<void(const VaultAtHand& vault, const std::string& name, Bytes object)>;

bool is_known(Catalogue& catalogue, const VaultId& vault, StoredKind kind, const std::string& name) {
  switch (kind) {
    case StoredKind::descriptor: return false;
    case StoredKind::key_record: return catalogue.object(vault, ObjectTable::key_records, Digest::parse(name).value()).has_value();
    case StoredKind::pack_list_block: return catalogue.object(vault, ObjectTable::blocks, Digest::parse(name).value()).has_value();
    case StoredKind::record: {
      const RecordName record = parse_record_name(name).value();
      return catalogue.record(record.snapshot, record.revision).has_value();
    }
  }
  return false;
}

void take_one(const RebuildContext& context, ShardStore& store, const VaultAtHand& vault, StoredKind kind, const std::string& name,
              const Take& take) {
  try {
    if (is_known(context.catalogue, vault.id, kind, name)) return;
    take(vault, name, store.get_object(vault.id, kind, name, Deadline(context.clock, kRequestLimit)).value());
  } catch (const Error& error) {
    log_warning("rebuilding the catalogue: " + in_quotes(name) + " on " + in_quotes(store.name()) + ": " + error.text());
  }
}

void take_all(const RebuildContext& context, Systems& systems, const VaultAtHand& vault, StoredKind kind, const Take& take) {
  for (ShardStore* store : systems.usable()) {
    const Result<std::vector<ObjectEntry>> entries = store->list_objects(vault.id, kind, Deadline(context.clock, kRequestLimit));
    if (!entries) systems.note(store->host(), entries.error());
    if (!entries) continue;
    for (const ObjectEntry& entry : *entries) take_one(context, *store, vault, kind, entry.name, take);
  }
}

void take_vault(const RebuildContext& context, Systems& systems, const VaultDescriptor& descriptor) {
  const VaultAtHand at_hand{.id = descriptor.vault, .owner = descriptor.owner};
  ObjectIntake& intake = context.intake;
  take_all(context, systems, at_hand, StoredKind::descriptor, [&](const VaultAtHand& vault, const std::string&, const Bytes& object) {
    if (read_descriptor(object).value() == descriptor) intake.put_descriptor(vault.owner, vault.id, descriptor.epoch, object);
  });
  take_all(context, systems, at_hand, StoredKind::key_record, [&](const VaultAtHand& vault, const std::string& name, const Bytes& object) {
    intake.put_key_record(vault.owner, vault.id, Digest::parse(name).value(), object);
  });
  take_all(context, systems, at_hand, StoredKind::pack_list_block, [&](const VaultAtHand& vault, const std::string& name, const Bytes& object) {
    intake.put_block(vault.owner, vault.id, Digest::parse(name).value(), object);
  });
  take_all(context, systems, at_hand, StoredKind::record, [&](const VaultAtHand& vault, const std::string& name, Bytes object) {
    const RecordName record = parse_record_name(name).value();
    intake.put_record(vault.owner, vault.id, record.snapshot, record.revision, std::move(object));
  });
}

void note_recipient(Catalogue& catalogue, const VaultEntry& vault, HostEntry& host) {
  for (const Digest& digest : catalogue.objects(vault.id, ObjectTable::key_records)) {
    const std::optional<Bytes> object = catalogue.object(vault.id, ObjectTable::key_records, digest);
    const Result<KeyRecord> record = KeyRecord::read(object.value_or(Bytes{}), vault.signer);
    if (!record) continue;
    for (const Recipient& recipient : record->recipients()) {
      if (recipient.role == RecipientRole::host) host.recipient = recipient.key;
    }
  }
}

// Hosts that were backed up, by the names that they had last.
void rebuild_hosts(Catalogue& catalogue) {
  for (const VaultEntry& vault : catalogue.vaults()) {
    HostEntry host = catalogue.host(vault.owner).value_or(HostEntry{});
    host.id = vault.owner;
    host.roles.insert(Role::agent);
    const std::vector<SnapshotEntry> snapshots = catalogue.snapshots({.host = vault.owner, .job = {}});
    if (host.name.empty() && !snapshots.empty()) host.name = snapshots.back().metadata.host;
    note_recipient(catalogue, vault, host);
    catalogue.put_host(host);
  }
}

void rebuild_jobs(Catalogue& catalogue) {
  for (const SnapshotEntry& snapshot : catalogue.snapshots({})) {
    JobEntry job = catalogue.job(snapshot.job).value_or(JobEntry{});
    if (job.id.is_zero()) {
      if (catalogue.job_named(snapshot.metadata.job)) continue;
      job.id = snapshot.job;
      job.kind = "backup";
      job.registered = snapshot.began;
    }
    job.name = snapshot.metadata.job;
    job.playbook = snapshot.metadata.playbook;
    job.data = snapshot.metadata.redundancy.data;
    job.parity = snapshot.metadata.redundancy.parity;
    job.paths = snapshot.metadata.paths;
    if (std::find(job.hosts.begin(), job.hosts.end(), snapshot.host) == job.hosts.end()) job.hosts.push_back(snapshot.host);
    catalogue.put_job(job);
  }
}

}  // namespace

void rebuild_systems(const RebuildContext& context) {
  for (const StorageSystem& system : context.master.file.systems) {
    if (!context.catalogue.system(system.id)) context.catalogue.put_system({.system = system, .report = {}, .report_received = system.reported});
    HostEntry host = context.catalogue.host(system.id).value_or(HostEntry{});
    host.id = system.id, host.name = system.name, host.address = system.address;
    host.zone = system.zone, host.machine = system.machine;
    host.roles.insert(Role::daemon);
    host.local = system.address.starts_with("127.");
    context.catalogue.put_host(host);
  }
}

bool rebuild_from(const RebuildContext& context, Systems& systems) {
  const RecordQuery query{.systems = systems, .clock = context.clock, .limit = kRequestLimit};
  const Result<std::vector<VaultId>> vaults = list_vaults(query);
  if (!vaults) return false;
  for (const VaultId& vault : *vaults) {
    const Result<VaultDescriptor> descriptor = find_descriptor(query, vault);
    if (descriptor) take_vault(context, systems, *descriptor);
    else log_warning("rebuilding the catalogue: vault " + in_quotes(vault.hex()) + ": " + descriptor.error().text());
  }
  rebuild_hosts(context.catalogue);
  rebuild_jobs(context.catalogue);
  return true;
}

bool rebuild_from_daemons(const RebuildContext& context, const Tls& tls) {
  if (context.master.file.systems.empty()) return true;
  const PeerCheck check = not_revoked(within_time(context.clock, kCertificateGrace),
                                      [&context](const std::string& serial) { return context.master.file.is_revoked(serial); });
  std::vector<std::unique_ptr<RemoteStore>> stores;
  std::vector<ShardStore*> pointers;
  for (const StorageSystem& system : context.master.file.systems) {
    RemoteStoreOptions options{.name = system.name, .host = system.id, .endpoint = {system.address, system.port}, .tls = tls, .deadlines = {},
                               .check = check};
    stores.push_back(std::make_unique<RemoteStore>(std::move(options), context.clock));
    pointers.push_back(stores.back().get());
  }
  Systems systems(std::move(pointers));
  return rebuild_from(context, systems);
}

}  // namespace sparekeep::central
