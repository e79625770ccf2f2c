#include "installer/central/rebuild.h"

#include <algorithm>
#include <functional>
#include <memory>

#include "installer/central/heard_store.h"
#include "installer/central/rebuilt_entries.h"
#include "installer/central/vault_records.h"
#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/fetch/records.h"

namespace sparekeep::central {

namespace {

constexpr Duration kRequestLimit = std::chrono::seconds(30);

struct VaultAtHand {
  VaultId id;
  HostId owner;
};

// One object of one system into the catalogue, by the same door as an agent's.
using Take = std::function<void(const VaultAtHand& vault, const std::string& name, Bytes object)>;

// What does not verify is no good today and tomorrow; any other failure to take an object may pass.
bool is_final(ErrorKind kind) {
  return kind == ErrorKind::corrupt || kind == ErrorKind::denied || kind == ErrorKind::exists || kind == ErrorKind::unsupported ||
         kind == ErrorKind::usage;
}

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

void take_one(const RebuildContext& context, Systems& systems, HeardStore& store, const VaultAtHand& vault, StoredKind kind, const std::string& name,
              const Take& take) {
  const Result<void> taken = caught([&] {
    if (is_known(context.catalogue, vault.id, kind, name)) return;
    Result<Bytes> object = store.get_object(vault.id, kind, name, Deadline(context.clock, kRequestLimit));
    if (!object) systems.note(store.host(), object.error());
    take(vault, name, std::move(object).value());
  });
  if (!taken && !is_final(taken.error().kind()) && taken.error().kind() != ErrorKind::not_found) store.not_heard();
  if (!taken) log_warning("rebuilding the catalogue: " + in_quotes(name) + " on " + in_quotes(store.name()) + ": " + taken.error().text());
}

void take_all(const RebuildContext& context, Systems& systems, const VaultAtHand& vault, StoredKind kind, const Take& take) {
  for (ShardStore* store : systems.usable()) {
    const Result<std::vector<ObjectEntry>> entries = store->list_objects(vault.id, kind, Deadline(context.clock, kRequestLimit));
    if (!entries) systems.note(store->host(), entries.error());
    if (!entries) continue;
    for (const ObjectEntry& entry : *entries) take_one(context, systems, static_cast<HeardStore&>(*store), vault, kind, entry.name, take);
  }
}

// From the first system that gives one as it should be.
void take_records(const RebuildContext& context, Systems& systems, const VaultAtHand& vault) {
  VaultRecords records(systems, vault.id, context.clock, kRequestLimit);
  for (const std::string& name : records.newest_first()) {
    const ListedRecord& listed = records.listed().at(name);
    const Take take = [&, received = listed.received(context.clock.now())](const VaultAtHand& at_hand, const std::string& record, Bytes object) {
      const PublicSection facts = SnapshotRecord::parse_public(object).value();
      records.check_in_force(facts, context.catalogue);
      context.intake.put_record_of(at_hand.owner, at_hand.id, parse_record_name(record).value(), std::move(object), received);
      records.took(facts);
    };
    for (ShardStore* store : listed.systems) take_one(context, systems, static_cast<HeardStore&>(*store), vault, StoredKind::record, name, take);
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
  take_records(context, systems, at_hand);
}

RecordQuery query_of(const RebuildContext& context, Systems& systems) { return {.systems = systems, .clock = context.clock, .limit = kRequestLimit}; }

void take_vaults(const RebuildContext& context, Systems& systems, const std::vector<VaultId>& vaults) {
  const RecordQuery query = query_of(context, systems);
  for (const VaultId& vault : vaults) {
    const Result<VaultDescriptor> descriptor = find_descriptor(query, vault);
    if (descriptor) take_vault(context, systems, *descriptor);
    else log_warning("rebuilding the catalogue: vault " + in_quotes(vault.hex()) + ": " + descriptor.error().text());
  }
}

// `vaults_of` says which, asking the systems it is given where it has to.
std::vector<HostId> rebuild(const RebuildContext& context, Systems& systems, const std::function<std::vector<VaultId>(Systems&)>& vaults_of) {
  std::vector<std::unique_ptr<HeardStore>> heard;
  std::vector<ShardStore*> pointers;
  for (ShardStore* store : systems.usable()) {
    heard.push_back(std::make_unique<HeardStore>(*store));
    pointers.push_back(heard.back().get());
  }
  Systems asked(std::move(pointers));
  const std::vector<VaultId> vaults = vaults_of(asked);
  take_vaults(context, asked, vaults);
  rebuild_hosts(context.catalogue, vaults);
  rebuild_jobs(context.catalogue);
  for (const Systems::PassedOver& system : asked.passed_over()) systems.note(system.host, system.reason);
  std::vector<HostId> again;
  for (const Systems::PassedOver& system : systems.passed_over()) again.push_back(system.host);
  for (const auto& store : heard)
    if (!store->was_heard() && systems.usable(store->host())) again.push_back(store->host());
  return again;
}

}  // namespace

HostEntry host_of(const StorageSystem& system) {
  HostEntry host;
  host.id = system.id, host.name = system.name, host.address = system.address;
  host.zone = system.zone, host.machine = system.machine;
  host.roles = {Role::daemon};
  host.declared = system.state != SystemState::undeclared;
  host.local = system.address.starts_with("127.");
  return host;
}

void rebuild_systems(const RebuildContext& context) {
  for (const StorageSystem& system : context.master.file.systems) {
    if (!context.catalogue.system(system.id)) context.catalogue.put_system({.system = system, .report = {}, .report_received = system.reported});
    HostEntry host = context.catalogue.host(system.id).value_or(host_of(system));     // what is known came from an install
    host.roles.insert(Role::daemon);
    context.catalogue.put_host(host);
  }
}

std::vector<HostId> rebuild_from(const RebuildContext& context, Systems& systems) {
  return rebuild(context, systems, [&](Systems& asked) {
    Result<std::vector<VaultId>> vaults = list_vaults(query_of(context, asked));
    return vaults ? std::move(*vaults) : std::vector<VaultId>();
  });
}

std::vector<HostId> rebuild_vaults_from(const RebuildContext& context, Systems& systems, const std::vector<VaultId>& vaults) {
  return rebuild(context, systems, [&](Systems&) { return vaults; });
}

}  // namespace sparekeep::central
