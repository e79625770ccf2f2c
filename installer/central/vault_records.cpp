#include "installer/central/vault_records.h"

#include <algorithm>

#include "installer/central/run_board.h"
#include "lib/base/text.h"
#include "lib/vault/pack_list.h"

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

VaultRecords::VaultRecords(Systems& systems, const VaultId& vault, const Clock& clock, Duration limit) : clock_(clock) {
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

void VaultRecords::check_in_force(const PublicSection& record, Catalogue& catalogue) const {
  const auto known = holders_.find(record.snapshot);
  const std::set<HostId> holders = known == holders_.end() ? std::set<HostId>() : known->second;
  const std::optional<RunEntry> run = catalogue.run(record.run);
  const bool under_way = run && run->ended == Time{} && clock_.now() < run->queued + kRunLateAfter;
  const bool strict = under_way || (run && run->ended != Time{} && run->state == "failed");
  for (const PackEntry& pack : packs_of(record, catalogue)) {
    const auto may_hold = [&](const HostId& place) { return !place.is_zero() && (holders.contains(place) || (!strict && !heard_.contains(place))); };
    const auto shards = std::count_if(pack.places.begin(), pack.places.end(), may_hold);
    const int needed = strict ? std::min(pack.layout.data + 1, static_cast<int>(pack.layout.count())) : pack.layout.data;
    if (shards >= needed) continue;
    const std::string why = strict ? "its commit is not complete" : "its commit was given up";
    throw Error(under_way ? ErrorKind::busy : ErrorKind::corrupt,
                why + ": of the " + std::to_string(needed) + " shards that pack " + pack.pack.hex() + " takes, " + std::to_string(shards) +
                    " can lie on systems that hold the record");
  }
}

}  // namespace sparekeep::central
