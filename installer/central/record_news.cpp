#include "installer/central/record_news.h"

#include <algorithm>
#include <set>

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/worker_pool.h"

namespace sparekeep::central {

namespace {

constexpr Duration kListLimit = std::chrono::seconds(30);

struct Unknown {                               // what a system holds of a vault and the catalogue does not know
  RecordTally tally;                           // of all that it holds of the vault
  std::vector<std::string> names;
};

struct Heard {                                 // of one system
  bool answered = false;
  bool listed = true;                          // all that had to be
  std::map<VaultId, Unknown> unknown;
};

// Has the system got the vault's newest records since, and nothing else? `names` are those of the catalogue, by sequence.
bool is_explained(const VaultId& vault, RecordTally before, const RecordTally& now, const std::vector<std::string>& names) {
  if (now.count < before.count || now.count - before.count > names.size()) return false;
  const size_t more = now.count - before.count;
  for (size_t i = names.size() - more; i < names.size(); ++i) before.add(vault, names[i]);
  return before == now;
}

class Listener {
 public:
  Listener(const RebuildContext& context, Systems& systems) : context_(context), systems_(systems) {}

  Heard hear(ShardStore& store, Duration limit) {
    Heard heard;
    const Result<RecordTallies> now = store.tally_records(Deadline(context_.clock, limit));
    if (!now) return systems_.note(store.host(), now.error()), heard;
    heard.answered = true;
    RecordTallies before = context_.catalogue.record_tallies(store.host());
    for (const auto& [vault, tally] : *now) look(store, vault, before[vault], tally, heard);
    return heard;
  }

 private:
  void look(ShardStore& store, const VaultId& vault, const RecordTally& before, const RecordTally& now, Heard& heard) {
    if (before == now) return;
    const std::vector<std::string> names = context_.catalogue.record_names(vault);
    if (is_explained(vault, before, now, names)) return context_.catalogue.put_record_tally(store.host(), vault, now);
    const Result<std::vector<ObjectEntry>> held = store.list_objects(vault, StoredKind::record, Deadline(context_.clock, kListLimit));
    if (!held) return systems_.note(store.host(), held.error()), heard.listed = false, void();
    const std::set<std::string> known(names.begin(), names.end());
    Unknown unknown{.tally = now, .names = {}};
    for (const ObjectEntry& entry : *held)
      if (!known.contains(entry.name)) unknown.names.push_back(entry.name);
    if (unknown.names.empty()) context_.catalogue.put_record_tally(store.host(), vault, now);
    else heard.unknown[vault] = std::move(unknown);
  }

  const RebuildContext& context_;
  Systems& systems_;
};

std::vector<VaultId> vaults_of(const std::vector<Heard>& all) {
  std::set<VaultId> vaults;
  for (const Heard& heard : all)
    for (const auto& [vault, unknown] : heard.unknown) vaults.insert(vault);
  return {vaults.begin(), vaults.end()};
}

std::set<std::string> names_of(const std::vector<Heard>& all) {
  std::set<std::string> names;
  for (const Heard& heard : all)
    for (const auto& [vault, unknown] : heard.unknown) names.insert(unknown.names.begin(), unknown.names.end());
  return names;
}

// Those of which no revision is known.
std::set<SnapshotId> unknown_snapshots(Catalogue& catalogue, const std::set<std::string>& names) {
  std::set<SnapshotId> snapshots;
  for (const std::string& text : names)
    if (const Result<RecordName> name = parse_record_name(text); name && !catalogue.snapshot(name->snapshot)) snapshots.insert(name->snapshot);
  return snapshots;
}

void keep_tallies(Catalogue& catalogue, const HostId& host, const Heard& heard) {
  for (const auto& [vault, unknown] : heard.unknown) catalogue.put_record_tally(host, vault, unknown.tally);
}

}  // namespace

RecordNews take_record_news(const RebuildContext& context, Systems& systems, Duration limit) {
  const std::vector<ShardStore*> stores = systems.usable();
  std::vector<Heard> all(stores.size());
  Listener listener(context, systems);
  parallel_for(stores.size(), stores.size(), [&](size_t i) { all[i] = listener.hear(*stores[i], limit); });
  const std::set<SnapshotId> unknown = unknown_snapshots(context.catalogue, names_of(all));
  const std::vector<VaultId> vaults = vaults_of(all);
  const std::vector<HostId> again = vaults.empty() ? std::vector<HostId>() : rebuild_vaults_from(context, systems, vaults);
  RecordNews news;
  for (size_t i = 0; i < stores.size(); ++i) {
    const HostId host = stores[i]->host();
    const bool came = std::find(again.begin(), again.end(), host) == again.end();
    if (!all[i].answered) news.silent.push_back(host);
    else if (!all[i].listed || (!came && !all[i].unknown.empty())) news.owing.push_back(host);
    if (came) keep_tallies(context.catalogue, host, all[i]);      // what was refused is no news any more
  }
  if (unknown.empty()) return news;
  for (SnapshotEntry& entry : context.catalogue.snapshots({}))
    if (unknown.contains(entry.id)) news.taken.push_back(std::move(entry));
  return news;
}

}  // namespace sparekeep::central
