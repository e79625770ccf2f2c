#include "installer/keeping/wanted_packs.h"

#include <tuple>

#include "lib/vault/snapshot_record.h"

namespace sparekeep::central {

namespace {

class Collector {
 public:
  Collector(Catalogue& catalogue, CentralStores& stores, const Clock& clock) : catalogue_(catalogue), stores_(stores), clock_(clock) {}

  WantedPacks run() {
    for (const SnapshotEntry& snapshot : catalogue_.snapshots({})) {
      ++wanted_.snapshots;
      const std::string name = snapshot.id.hex() + " (" + snapshot.metadata.job + "/" + snapshot.metadata.host + ")";
      if (const Result<void> taken = take(snapshot, name); !taken) wanted_.unreadable.push_back("snapshot " + name + ": " + taken.error().text());
    }
    return std::move(wanted_);
  }

 private:
  Result<void> take(const SnapshotEntry& snapshot, const std::string& name) {
    const Result<SnapshotRecord> record = record_of(catalogue_, snapshot);
    if (!record) return record.error();
    const PublicSection& section = record->public_section();
    if (Result<void> taken = take_list(snapshot.vault, section.data_packs, name); !taken) return taken;
    return take_list(snapshot.vault, section.metadata_packs, name);
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
    const auto [at, fresh] = numbers_.try_emplace({vault, entry.pack, entry.layout}, wanted_.packs.size());
    if (fresh) wanted_.packs.push_back({vault, entry, {}});
    std::vector<std::string>& names = wanted_.packs[at->second].snapshots;
    if (names.empty() || names.back() != name) names.push_back(name);
  }

  Catalogue& catalogue_;
  CentralStores& stores_;
  const Clock& clock_;
  std::map<std::tuple<VaultId, PackId, Layout>, size_t> numbers_;
  WantedPacks wanted_;
};

}  // namespace

WantedPacks wanted_packs(Catalogue& catalogue, CentralStores& stores, const Clock& clock) { return Collector(catalogue, stores, clock).run(); }

}  // namespace sparekeep::central
