#include "lib/fetch/records.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "lib/base/text.h"
#include "lib/crypt/digest.h"
#include "lib/fetch/ask_all.h"

namespace sparekeep {

namespace {

using Names = std::vector<ObjectEntry>;

Deadline deadline_of(const RecordQuery& query) { return Deadline(query.clock, query.limit); }

void report(const RecordQuery& query, const ShardStore& store, std::string_view what, std::string_view name, const Error& error) {
  if (!query.findings) return;
  const std::string text = std::string(what) + " " + in_quotes(name) + " on " + in_quotes(store.name()) + ": " + error.text();
  query.findings->push_back({store.host(), text});
}

Result<std::vector<Answer<Names>>> list_everywhere(const RecordQuery& query, const VaultId& vault, StoredKind kind) {
  return ask_all<Names>(query.systems, [&](ShardStore& store) { return store.list_objects(vault, kind, deadline_of(query)); });
}

Result<Bytes> get_from(const RecordQuery& query, ShardStore& store, const VaultId& vault, StoredKind kind, const std::string& name) {
  if (query.going_on) query.going_on();
  if (!query.systems.usable(store.host())) return Error(ErrorKind::unreachable, "it was passed over");
  Result<Bytes> object = store.get_object(vault, kind, name, deadline_of(query));
  if (!object) query.systems.note(store.host(), object.error());
  return object;
}

// One name of a kind, with the systems that list it.
struct Holder {
  ShardStore* store = nullptr;
  Time received;
};
using Held = std::map<std::string, std::vector<Holder>>;

Held by_name(const std::vector<Answer<Names>>& answers) {
  Held held;
  for (const Answer<Names>& answer : answers)
    for (const ObjectEntry& entry : answer.value) held[entry.name].push_back({answer.store, entry.received});
  return held;
}

// Descriptors that systems gave, each with how many of them hold just that one.
struct GivenDescriptor {
  VaultDescriptor descriptor;
  Digest digest;
  size_t systems = 0;
};

Result<GivenDescriptor> read_one_descriptor(const RecordQuery& query, ShardStore& store, const VaultId& vault, const std::string& name) {
  Result<Bytes> object = get_from(query, store, vault, StoredKind::descriptor, name);
  if (!object) return object.error();
  Result<VaultDescriptor> descriptor = read_descriptor(*object);
  if (!descriptor) return descriptor.error();
  if (descriptor->vault != vault || std::to_string(descriptor->epoch) != name)
    return Error(ErrorKind::corrupt, "it is the descriptor of another vault or epoch");
  return GivenDescriptor{*descriptor, sha256(*object), 1};
}

std::vector<GivenDescriptor> descriptors(const RecordQuery& query, const VaultId& vault, const Held& held) {
  std::map<Digest, GivenDescriptor> given;
  for (const auto& [name, holders] : held)
    for (const Holder& holder : holders) {
      const Result<GivenDescriptor> one = read_one_descriptor(query, *holder.store, vault, name);
      if (!one) report(query, *holder.store, "vault descriptor", name, one.error());
      else if (const auto [at, first] = given.try_emplace(one->digest, *one); !first) ++at->second.systems;
    }
  std::vector<GivenDescriptor> found;
  for (const auto& [digest, one] : given) found.push_back(one);
  return found;
}

Result<KeyRecord> read_one_key_record(const RecordQuery& query, ShardStore& store, const VaultId& vault, const std::string& name,
                                      const PublicKey& signer) {
  Result<Bytes> object = get_from(query, store, vault, StoredKind::key_record, name);
  if (!object) return object.error();
  if (sha256(*object).hex() != name) return Error(ErrorKind::corrupt, "its bytes are not what its name says");
  Result<KeyRecord> record = KeyRecord::read(*object, signer);
  if (record && record->vault() != vault) return Error(ErrorKind::corrupt, "it is the key record of another vault");
  return record;
}

std::optional<KeyRecord> first_good_key_record(const RecordQuery& query, const VaultId& vault, const PublicKey& signer,
                                               const std::pair<const std::string, std::vector<Holder>>& held) {
  for (const Holder& holder : held.second) {
    Result<KeyRecord> record = read_one_key_record(query, *holder.store, vault, held.first, signer);
    if (record) return std::move(*record);
    report(query, *holder.store, "key record", held.first, record.error());
  }
  return std::nullopt;
}

Result<SnapshotRecord> read_one_record(const RecordQuery& query, ShardStore& store, const VaultDescriptor& vault, const std::string& name) {
  Result<Bytes> object = get_from(query, store, vault.vault, StoredKind::record, name);
  if (!object) return object.error();
  Result<SnapshotRecord> record = SnapshotRecord::read(std::move(*object), vault.signer);
  if (!record) return record;
  const PublicSection& section = record->public_section();
  if (section.vault != vault.vault || record_name(section.snapshot, section.revision) != name)
    return Error(ErrorKind::corrupt, "it is another record than its name says");
  return record;
}

std::optional<HeldSnapshot> first_good(const RecordQuery& query, const VaultDescriptor& vault, const std::string& name,
                                       const std::vector<Holder>& holders) {
  for (const Holder& holder : holders) {
    Result<SnapshotRecord> record = read_one_record(query, *holder.store, vault, name);
    if (!record) {
      report(query, *holder.store, "record", name, record.error());
      continue;
    }
    HeldSnapshot snapshot{std::move(*record), {}, {}};
    for (const Holder& one : holders) snapshot.systems.push_back(one.store->host()), snapshot.received.push_back(one.received);
    return snapshot;
  }
  return std::nullopt;
}

// The names of each snapshot's revisions, the highest first; names that are none are reported and left out.
using Revisions = std::map<SnapshotId, std::map<uint32_t, std::string, std::greater<>>>;

Revisions revisions_of(const RecordQuery& query, const Held& held) {
  Revisions revisions;
  for (const auto& [name, holders] : held) {
    const Result<RecordName> parsed = parse_record_name(name);
    if (parsed) revisions[parsed->snapshot][parsed->revision] = name;
    else report(query, *holders.front().store, "record", name, parsed.error());
  }
  return revisions;
}

std::optional<HeldSnapshot> newest(const RecordQuery& query, const VaultDescriptor& vault, const Held& held,
                                   const Revisions::mapped_type& revisions) {
  for (const auto& [revision, name] : revisions)
    if (std::optional<HeldSnapshot> snapshot = first_good(query, vault, name, held.at(name))) return snapshot;
  return std::nullopt;
}

constexpr size_t kOfJobMax = 1000, kOfJobMore = 16;   // snapshots read, and behind the first that fits: clocks of systems differ

// By when the first system had them: a record that was put back on another has a later stamp there.
std::vector<SnapshotId> latest_first(const Held& held, const Revisions& revisions) {
  std::vector<std::pair<Time, SnapshotId>> order;
  for (const auto& [id, names] : revisions) {
    const std::vector<Holder>& holders = held.at(names.rbegin()->second);   // of the lowest revision
    const auto sooner = [](const Holder& a, const Holder& b) { return a.received < b.received; };
    order.emplace_back(std::min_element(holders.begin(), holders.end(), sooner)->received, id);
  }
  std::sort(order.rbegin(), order.rend());
  std::vector<SnapshotId> ids;
  for (const auto& [received, id] : order) ids.push_back(id);
  return ids;
}

}  // namespace

Result<std::vector<VaultId>> list_vaults(const RecordQuery& query) {
  const auto ask = [&](ShardStore& store) { return store.list_vaults(deadline_of(query)); };
  const auto answers = ask_all<std::vector<VaultId>>(query.systems, ask);
  if (!answers) return answers.error();
  std::set<VaultId> vaults;
  for (const auto& answer : *answers) vaults.insert(answer.value.begin(), answer.value.end());
  return std::vector<VaultId>(vaults.begin(), vaults.end());
}

Result<VaultDescriptor> find_descriptor(const RecordQuery& query, const VaultId& vault) {
  const auto answers = list_everywhere(query, vault, StoredKind::descriptor);
  if (!answers) return answers.error();
  const std::vector<GivenDescriptor> found = descriptors(query, vault, by_name(*answers));   // by digest
  if (found.empty()) return Error(ErrorKind::not_found, "no system holds a descriptor of vault " + vault.hex() + " that verifies");
  const auto worse = [](const GivenDescriptor& a, const GivenDescriptor& b) {
    return std::tie(a.descriptor.epoch, a.systems) < std::tie(b.descriptor.epoch, b.systems);
  };
  return std::max_element(found.begin(), found.end(), worse)->descriptor;
}

Result<KeyRecord> find_key_record(const RecordQuery& query, const VaultId& vault, const PublicKey& signer, const RecipientKey& recipient) {
  const auto answers = list_everywhere(query, vault, StoredKind::key_record);
  if (!answers) return answers.error();
  std::optional<KeyRecord> newest;
  for (const auto& held : by_name(*answers)) {
    std::optional<KeyRecord> record = first_good_key_record(query, vault, signer, held);
    if (!record || (newest && record->created() <= newest->created())) continue;
    const std::vector<Recipient>& recipients = record->recipients();
    const auto is_ours = [&](const Recipient& one) { return one.key == recipient; };
    if (std::any_of(recipients.begin(), recipients.end(), is_ours)) newest = std::move(record);
  }
  if (newest) return std::move(*newest);
  return Error(ErrorKind::not_found, "no system holds a key record of vault " + vault.hex() + " for this key");
}

Result<std::vector<HeldSnapshot>> list_snapshots(const RecordQuery& query, const VaultDescriptor& vault, bool with_checkpoints) {
  const auto answers = list_everywhere(query, vault.vault, StoredKind::record);
  if (!answers) return answers.error();
  const Held held = by_name(*answers);
  std::vector<HeldSnapshot> snapshots;
  for (const auto& [id, revisions] : revisions_of(query, held)) {
    std::optional<HeldSnapshot> snapshot = newest(query, vault, held, revisions);
    if (snapshot && (with_checkpoints || !snapshot->record.public_section().state.checkpoint)) snapshots.push_back(std::move(*snapshot));
  }
  const auto sequence = [](const HeldSnapshot& snapshot) { return snapshot.record.public_section().sequence; };
  std::sort(snapshots.begin(), snapshots.end(), [&](const HeldSnapshot& a, const HeldSnapshot& b) { return sequence(a) < sequence(b); });
  return snapshots;
}

Result<HeldSnapshot> find_newest_of_job(const RecordQuery& query, const VaultDescriptor& vault, const JobId& job) {
  const auto answers = list_everywhere(query, vault.vault, StoredKind::record);
  if (!answers) return answers.error();
  const Held held = by_name(*answers);
  const Revisions revisions = revisions_of(query, held);
  std::vector<SnapshotId> ids = latest_first(held, revisions);
  ids.resize(std::min(ids.size(), kOfJobMax));
  std::optional<HeldSnapshot> best;
  size_t more = kOfJobMore;
  for (const SnapshotId& id : ids) {
    if (best && more-- == 0) break;
    std::optional<HeldSnapshot> one = newest(query, vault, held, revisions.at(id));
    if (!one || one->record.public_section().job != job || one->record.public_section().state.checkpoint) continue;
    if (!best || one->record.public_section().sequence > best->record.public_section().sequence) best = std::move(one);
  }
  if (best) return std::move(*best);
  return Error(ErrorKind::not_found, "no system holds a record of job " + job.hex() + " that verifies");
}

Result<HeldSnapshot> find_snapshot(const RecordQuery& query, const VaultDescriptor& vault, const SnapshotId& snapshot) {
  const auto answers = list_everywhere(query, vault.vault, StoredKind::record);
  if (!answers) return answers.error();
  const Held held = by_name(*answers);
  const Revisions revisions = revisions_of(query, held);
  const auto mine = revisions.find(snapshot);
  if (mine != revisions.end())
    if (std::optional<HeldSnapshot> found = newest(query, vault, held, mine->second)) return std::move(*found);
  return Error(ErrorKind::not_found, "no system holds a record of snapshot " + snapshot.hex() + " that verifies");
}

}  // namespace sparekeep
