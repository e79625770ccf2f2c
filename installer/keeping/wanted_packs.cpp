#include "installer/keeping/wanted_packs.h"

#include <algorithm>
#include <tuple>

#include "installer/jobs/snapshot_name.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep::central {

namespace {

class Collector {
 public:
  Collector(Catalogue& catalogue, CentralStores& stores, const Clock& clock) : catalogue_(catalogue), stores_(stores), clock_(clock) {}

  WantedPacks run() {
    for (const SnapshotEntry& snapshot : catalogue_.snapshots({})) {
      ++wanted_.snapshots;
      const std::string name = snapshot.id.hex() + " (" + snapshot.metadata.job + "/" + host_name_of(catalogue_, snapshot) + ")";
      if (const Result<void> taken = take(snapshot, name); !taken) wanted_.unreadable.push_back("snapshot " + name + ": " + taken.error().text());
    }
    for (auto& [key, object] : objects_) wanted_.objects.push_back(std::move(object));
    return std::move(wanted_);
  }

 private:
  Result<void> take(const SnapshotEntry& snapshot, const std::string& name) {
    const Result<SnapshotRecord> record = record_of(catalogue_, snapshot);
    if (!record) return record.error();
    const PublicSection& section = record->public_section();
    places_.clear();
    Result<void> taken = take_list(snapshot.vault, section.data_packs, name);
    if (taken) taken = take_list(snapshot.vault, section.metadata_packs, name);
    if (taken) need_objects(snapshot, section, name);
    return taken;
  }

  // As an agent's commit puts them, agent/backup/commit.h.
  void need_objects(const SnapshotEntry& snapshot, const PublicSection& section, const std::string& name) {
    places_.erase(HostId());                           // a shard that found no place
    const unsigned copies = static_cast<unsigned>(std::min<size_t>(places_.size(), static_cast<size_t>(std::max(0, snapshot.metadata.redundancy.parity)) + 2));
    need(snapshot.vault, StoredKind::descriptor, "", copies, name);
    need(snapshot.vault, StoredKind::key_record, "", copies, name);
    need(snapshot.vault, StoredKind::record, record_name(snapshot.id, snapshot.revision), copies, name);
    for (const PackListRoot* root : {&section.data_packs, &section.metadata_packs})
      for (const Digest& digest : root->blocks) need(snapshot.vault, StoredKind::pack_list_block, digest.hex(), copies, name);
  }

  void need(const VaultId& vault, StoredKind kind, const std::string& object, unsigned copies, const std::string& snapshot) {
    const auto [at, fresh] = objects_.try_emplace({vault, kind, object}, NeededObject{.vault = vault, .kind = kind, .name = object});
    NeededObject& needed = at->second;
    needed.places.insert(places_.begin(), places_.end());
    needed.copies = std::max(needed.copies, copies);
    if (needed.snapshots.empty() || needed.snapshots.back() != snapshot) needed.snapshots.push_back(snapshot);
  }

  Result<void> take_list(const VaultId& vault, const PackListRoot& root, const std::string& name) {
    for (const Digest& digest : root.blocks) {
      const Result<PackListBlock> block = block_of(vault, digest);
      if (!block) return block.error();
      for (const PackEntry& entry : block->entries)
        if (!entry.unused()) add(vault, entry, name);
    }
    return {};
  }

  // From the catalogue, or from any system; by its digest either way.
  Result<PackListBlock> block_of(const VaultId& vault, const Digest& digest) {
    const std::optional<Bytes> kept = catalogue_.object(vault, ObjectTable::blocks, digest);
    if (kept && pack_list_digest(*kept) == digest) return read_pack_list_block(*kept);
    for (ShardStore* store : stores_.systems().usable()) {
      const Result<Bytes> object = store->get_object(vault, StoredKind::pack_list_block, digest.hex(), Deadline(clock_, std::chrono::seconds(30)));
      if (object && pack_list_digest(*object) == digest) return read_pack_list_block(*object);
      if (!object) stores_.systems().note(store->host(), object.error());
    }
    return Error(ErrorKind::lost, "no system that answers holds block " + digest.hex() + " of its pack list");
  }

  void add(const VaultId& vault, const PackEntry& entry, const std::string& name) {
    places_.insert(entry.places.begin(), entry.places.end());
    const auto [at, fresh] = numbers_.try_emplace({vault, entry.pack, entry.layout}, wanted_.packs.size());
    if (fresh) wanted_.packs.push_back({vault, entry, {}});
    std::vector<std::string>& names = wanted_.packs[at->second].snapshots;
    if (names.empty() || names.back() != name) names.push_back(name);
  }

  Catalogue& catalogue_;
  CentralStores& stores_;
  const Clock& clock_;
  std::map<std::tuple<VaultId, PackId, Layout>, size_t> numbers_;
  std::map<std::tuple<VaultId, StoredKind, std::string>, NeededObject> objects_;
  std::set<HostId> places_;                            // of the packs of the snapshot at hand
  WantedPacks wanted_;
};

}  // namespace

WantedPacks wanted_packs(Catalogue& catalogue, CentralStores& stores, const Clock& clock) { return Collector(catalogue, stores, clock).run(); }

}  // namespace sparekeep::central
