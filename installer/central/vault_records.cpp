#include "installer/central/vault_records.h"

#include <algorithm>

#include "installer/central/run_board.h"
#include "lib/base/text.h"
#include "lib/vault/places.h"

namespace sparekeep::central {

namespace {

std::vector<PackEntry> packs_of(const PublicSection& record, Catalogue& catalogue) {
  std::vector<PackEntry> packs;
  for (const PackListRoot* root : {&record.data_packs, &record.metadata_packs})
    for (const Digest& digest : root->blocks) {
      const std::optional<Bytes> object = catalogue.object(record.vault, ObjectTable::blocks, digest);
      const Result<PackListBlock> block = read_pack_list_block(object.value_or(Bytes()));
      if (block) packs.insert(packs.end(), block->entries.begin(), block->entries.end());
    }
  std::erase_if(packs, [](const PackEntry& pack) { return pack.unused(); });
  return packs;
}

}  // namespace

Time ListedRecord::received(Time otherwise) const {
  std::vector<Time> known;
  std::copy_if(stamps.begin(), stamps.end(), std::back_inserter(known), [](Time stamp) { return stamp != Time{}; });
  if (known.empty()) return otherwise;
  const auto middle = known.begin() + static_cast<ptrdiff_t>((known.size() - 1) / 2);
  std::nth_element(known.begin(), middle, known.end());
  return *middle;
}

VaultRecords::VaultRecords(Systems& systems, const VaultId& vault, const Clock& clock, Duration limit) : vault_(vault), clock_(clock) {
  for (ShardStore* store : systems.usable()) {
    const Result<std::vector<ObjectEntry>> entries = store->list_objects(vault, StoredKind::record, Deadline(clock, limit));
    if (!entries) systems.note(store->host(), entries.error());
    if (!entries) continue;
    heard_.insert(store->host());
    for (const ObjectEntry& entry : *entries) {
      listed_[entry.name].systems.push_back(store);
      listed_[entry.name].stamps.push_back(entry.received);
      if (const Result<RecordName> name = parse_record_name(entry.name)) holders_[name->snapshot].insert(store->host());
    }
  }
}

std::vector<std::string> VaultRecords::newest_first() const {
  std::map<SnapshotId, Time> came;
  std::vector<std::pair<Time, std::string>> names;
  for (const auto& [name, listed] : listed_) {
    const Result<RecordName> parsed = parse_record_name(name);
    const Time received = listed.received(Time{});
    names.emplace_back(parsed ? came.emplace(parsed->snapshot, received).first->second : received, name);
  }
  std::stable_sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return b.first < a.first; });
  std::vector<std::string> sorted;
  for (auto& [received, name] : names) sorted.push_back(std::move(name));
  return sorted;
}

void VaultRecords::took(const PublicSection& record) {
  if (of_runs_) (*of_runs_)[record.run].insert(record.snapshot);
}

// Agents make one snapshot of a run: whatever else they had tried they gave up.
bool VaultRecords::another_was_made(const PublicSection& record, const std::optional<RunEntry>& run, Catalogue& catalogue) {
  if (run && !run->snapshot.empty() && run->snapshot != record.snapshot.hex()) return true;
  if (record.run.is_zero()) return false;
  if (!of_runs_) {
    of_runs_.emplace();
    const std::optional<VaultEntry> vault = catalogue.vault(vault_);
    if (!vault) return false;
    for (const SnapshotEntry& known : catalogue.snapshots({.host = vault->owner, .job = {}})) (*of_runs_)[known.run].insert(known.id);
  }
  const std::set<SnapshotId>& known = (*of_runs_)[record.run];
  return known.size() > (known.contains(record.snapshot) ? 1u : 0u);
}

void VaultRecords::check_in_force(const PublicSection& record, Catalogue& catalogue) {
  const auto known = holders_.find(record.snapshot);
  const std::set<HostId> holders = known == holders_.end() ? std::set<HostId>() : known->second;
  const auto lists = [&](const HostId& place) { return holders.contains(place); };
  const auto may_hold = [&](const HostId& place) { return lists(place) || !heard_.contains(place); };
  const std::vector<PackEntry> packs = packs_of(record, catalogue);
  const auto is_committed = [&](const PackEntry& pack) { return commit_accepts(pack, lists); };
  if (std::all_of(packs.begin(), packs.end(), is_committed)) return;
  const std::optional<RunEntry> run = catalogue.run(record.run);
  const bool under_way = run && run->ended == Time{} && clock_.now() < run->queued + kRunLateAfter;
  const bool failed = run && run->ended != Time{} && run->state == "failed";
  const bool strict = under_way || failed || another_was_made(record, run, catalogue);
  for (const PackEntry& pack : packs) {
    const int shards = pack.layout.data + (strict ? spare_places(pack, lists) : spare_places(pack, may_hold));
    const int needed = strict ? static_cast<int>(places_needed(pack.layout)) : pack.layout.data;
    if (shards >= needed) continue;
    const std::string why = under_way || failed ? "its commit is not complete" : "its commit was given up";
    throw Error(under_way ? ErrorKind::busy : ErrorKind::corrupt,
                why + ": of the " + std::to_string(needed) + " shards that pack " + pack.pack.hex() + " takes, " + std::to_string(shards) +
                    " can lie on systems that hold the record");
  }
}

}  // namespace sparekeep::central
