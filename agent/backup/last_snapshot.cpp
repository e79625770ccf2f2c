#include "agent/backup/last_snapshot.h"

#include "lib/base/path_order.h"
#include "lib/base/text.h"
#include "lib/fetch/pack_list_reader.h"
#include "lib/fetch/records.h"
#include "lib/fetch/snapshot_reader.h"

namespace sparekeep::agent {

namespace {

std::vector<ShardStore*> stores_of(const Targets& targets) {
  std::vector<ShardStore*> stores;
  for (const HostId& host : targets.hosts())
    if (!targets.has_failed(host)) stores.push_back(targets.store(host));
  return stores;
}

// Reads one snapshot of the vault back from its systems.
class Rebuild {
 public:
  explicit Rebuild(const MemoryWorld& world)
      : world_(world), systems_(stores_of(world.targets)), locator_(systems_, world.clock),
        context_{world.vault.descriptor().vault, world.vault.signer().public_key(), systems_, locator_, findings_, world.clock, {}} {}

  Result<void> open(const std::optional<SnapshotMemory>& known);   // the snapshot of that memory, or the job's newest
  Result<SnapshotMemory> memory();
  Result<void> keep(const SnapshotMemory& memory, SnapshotCache& cache);
  uint64_t sequence() const { return reader_->record().public_section().sequence; }

 private:
  Result<std::vector<PackEntry>> packs(const PackListRoot& root, PackKind kind);
  Result<void> check_roots();
  Result<void> check_root(const std::string& root);

  const MemoryWorld& world_;
  Systems systems_;
  AskingLocator locator_;
  Findings findings_;
  const FetchContext context_;
  std::optional<SnapshotReader> reader_;
};

Result<void> Rebuild::open(const std::optional<SnapshotMemory>& known) {
  const RecordQuery query{.systems = systems_, .clock = world_.clock, .going_on = world_.going_on};
  const VaultDescriptor& vault = world_.vault.descriptor();
  Result<HeldSnapshot> held = known ? find_snapshot(query, vault, known->snapshot) : find_newest_of_job(query, vault, world_.order.job);
  if (!held) return held.error();
  Result<SnapshotReader> reader = SnapshotReader::open(context_, std::move(held->record), world_.vault.keys().metadata(), nullptr);
  if (!reader) return reader.error();
  reader_.emplace(std::move(*reader));
  return {};
}

Result<std::vector<PackEntry>> Rebuild::packs(const PackListRoot& root, PackKind kind) {
  PackListReader list(context_, root, kind);
  std::vector<PackEntry> all;
  for (uint32_t index = 0; index < root.blocks.size(); ++index) {
    world_.going_on();
    Result<std::vector<PackEntry>> block = list.block(index);
    if (!block) return block;
    for (PackEntry& entry : *block) {
      if (!entry.unused() && entry.kind != kind) return Error(ErrorKind::corrupt, "a pack list names a pack of another kind");
      all.push_back(std::move(entry));
    }
  }
  if (all.size() != root.packs) return Error(ErrorKind::corrupt, "a pack list has " + std::to_string(all.size()) + " packs, expected " + std::to_string(root.packs));
  return all;
}

// What SnapshotCache::save was given after that snapshot, but for the systems that were away then.
Result<SnapshotMemory> Rebuild::memory() {
  const PublicSection& section = reader_->record().public_section();
  const VaultPart& part = reader_->vault_part();
  Result<std::vector<PackEntry>> data = packs(section.data_packs, PackKind::data);
  if (!data) return data.error();
  Result<std::vector<PackEntry>> metadata = packs(section.metadata_packs, PackKind::metadata);
  if (!metadata) return metadata.error();
  SnapshotMemory memory{section.snapshot, section.began, std::move(*data), std::move(*metadata), {}, part.manifest, part.table, {}};
  for (size_t number = 0; number < part.table.size(); ++number) {
    world_.going_on();
    const Result<std::vector<ChunkRef>> rows = reader_->table_rows(number);
    if (!rows) return rows.error();
    memory.rows.insert(memory.rows.end(), rows->begin(), rows->end());
  }
  if (memory.rows.size() != part.table_rows) return Error(ErrorKind::corrupt, "the chunk table has not as many rows as the record says");
  return memory;
}

// A snapshot that was made while a root was not there does not know what belongs into it, and its host went on with the memory of the one before.
Result<void> Rebuild::check_roots() {
  if (!reader_->record().public_section().state.partial) return {};
  for (const std::string& root : world_.order.backup.paths)
    if (Result<void> checked = check_root(root); !checked) return checked;
  return {};
}

Result<void> Rebuild::check_root(const std::string& root) {
  ManifestReader manifest = reader_->manifest();
  const Result<std::optional<ManifestEntry>> entry = manifest.find(root);
  if (!entry) return entry.error();
  if (*entry && (*entry)->file.kind != FileKind::directory) return {};
  const Result<std::optional<ManifestEntry>> first = *entry ? manifest.next() : entry;
  if (!first) return first.error();
  if (*first && path_is_within((*first)->file.path, root)) return {};
  return Error(ErrorKind::not_found, "the last snapshot is partial, and nothing is in it of " + in_quotes(root));
}

Result<void> Rebuild::keep(const SnapshotMemory& memory, SnapshotCache& cache) {
  if (Result<void> checked = check_roots(); !checked) return checked;
  cache.begin();
  for (size_t number = 0; number < memory.manifest.size(); ++number) {
    world_.going_on();
    const Result<Bytes> plain = reader_->manifest_chunk(number);
    if (!plain) return plain.error();
    cache.add_manifest_chunk(*plain);
  }
  return cache.save(memory);
}

std::string told(const Result<void>& whole) {
  return "the memory of the last snapshot is " + (whole ? std::string("lost") : "damaged (" + whole.error().text() + ")");
}

// `last` has what the host itself still knows.
void make_again(LastSnapshot& last, SnapshotCache& cache, const MemoryWorld& world) {
  const std::string lost = told(last.whole);
  Rebuild rebuild(world);
  const Result<void> opened = rebuild.open(last.memory);
  if (!opened && opened.error().kind() == ErrorKind::not_found && last.whole) return;   // the job's first backup
  Result<SnapshotMemory> memory = opened ? rebuild.memory() : Result<SnapshotMemory>(opened.error());
  if (!memory) {
    last.warning = lost + ", and systems do not give it back: " + memory.error().text() + "; all is read again";
    if (last.whole && opened) last.whole = memory.error();
    return;
  }
  const std::string from = "record " + std::to_string(rebuild.sequence()) + " of this host's vault";
  const Result<void> kept = rebuild.keep(*memory, cache);
  if (kept) {
    last = {.memory = std::move(*memory), .warning = lost + "; it was made again from " + from + ", which systems hold"};
    return;
  }
  last.warning = lost + "; what is stored is known from " + from + ", and all is read again: " + kept.error().text();
  if (last.whole) last.whole = kept.error();
  if (!last.memory) last.stored = std::move(*memory);
}

}  // namespace

LastSnapshot last_snapshot(SnapshotCache& cache, const MemoryWorld& world) {
  LastSnapshot last;
  Result<std::optional<SnapshotMemory>> own = cache.load();
  if (own) last.memory = std::move(*own);
  else last.whole = own.error();
  if (last.memory) last.whole = cache.check_manifest(*last.memory);
  const bool needed = !last.whole || (!last.memory && world.any_record);
  if (needed) make_again(last, cache, world);
  return last;
}

}  // namespace sparekeep::agent
