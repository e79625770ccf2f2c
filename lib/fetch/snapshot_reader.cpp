#include "lib/fetch/snapshot_reader.h"

#include <optional>

#include "lib/base/text.h"
#include "lib/fetch/bounded_cache.h"
#include "lib/fetch/pack_list_reader.h"
#include "lib/vault/chunk_table.h"

namespace sparekeep {

namespace {

ManifestReader::FirstPaths first_paths_of(const VaultPart& part) {
  std::vector<std::string> paths;
  paths.reserve(part.manifest.size());
  for (const ManifestKey& key : part.manifest) paths.push_back(key.first_path);
  return std::make_shared<const std::vector<std::string>>(std::move(paths));
}

}  // namespace

struct SnapshotReader::State {
  State(const FetchContext& context_given, SnapshotRecord record_given, VaultPart part_given, const MetadataKeys& metadata,
        const PackKeys* data)
      : context(context_given), record(std::move(record_given)), part(std::move(part_given)), first_paths(first_paths_of(part)),
        data_packs(context, record.public_section().data_packs, PackKind::data),
        metadata_packs(context, record.public_section().metadata_packs, PackKind::metadata), metadata_fetcher(context, metadata.packs()) {
    if (data) data_fetcher.emplace(context, *data);
  }

  Result<Bytes> read_metadata(const ChunkRef& chunk) {
    const Result<PackEntry> pack = metadata_packs.entry(chunk.pack);
    if (!pack) return pack.error();
    return metadata_fetcher.fetch_one(*pack, chunk);
  }

  Result<Bytes> manifest_chunk(size_t number) {
    if (const auto known = manifest_chunks.find(static_cast<uint32_t>(number))) return *known;
    Result<Bytes> plain = read_metadata(part.manifest[number].chunk);
    if (!plain) return plain.error().during("reading the manifest from " + in_quotes(part.manifest[number].first_path) + " on");
    manifest_chunks.put(static_cast<uint32_t>(number), std::make_shared<Bytes>(*plain), plain->size());
    return plain;
  }

  Result<std::shared_ptr<const TableChunk>> table_chunk(uint32_t index) {
    if (auto known = table_chunks.find(index)) return known;
    Result<Bytes> plain = read_metadata(part.table[index]);
    if (!plain) return plain.error().during("reading the chunk table");
    Result<TableChunk> chunk = read_table_chunk(*plain);
    if (!chunk) return chunk.error();
    if (chunk->first != index * kTableRows) return Error(ErrorKind::corrupt, "a table chunk is out of place");
    const uint64_t bytes = chunk->rows.size() * sizeof(ChunkRef);
    std::shared_ptr<const TableChunk> shared = std::make_shared<TableChunk>(std::move(*chunk));
    table_chunks.put(index, shared, bytes);
    return shared;
  }

  const FetchContext& context;
  const SnapshotRecord record;
  const VaultPart part;
  const ManifestReader::FirstPaths first_paths;
  PackListReader data_packs, metadata_packs;
  ChunkFetcher metadata_fetcher;
  std::optional<ChunkFetcher> data_fetcher;
  BoundedCache<Bytes> manifest_chunks{kOpenedChunksBytesMax / 2};
  BoundedCache<TableChunk> table_chunks{kOpenedChunksBytesMax / 2};
};

SnapshotReader::SnapshotReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
SnapshotReader::~SnapshotReader() = default;
SnapshotReader::SnapshotReader(SnapshotReader&&) noexcept = default;

Result<SnapshotReader> SnapshotReader::open(const FetchContext& context, SnapshotRecord record, const MetadataKeys& metadata,
                                            const PackKeys* data) {
  if (record.public_section().vault != context.vault)
    return Error(ErrorKind::corrupt, "the record is of vault " + record.public_section().vault.hex() + ", expected " + context.vault.hex());
  Result<VaultPart> part = record.open_vault_part(metadata);
  if (!part) return part.error();
  return SnapshotReader(std::make_unique<State>(context, std::move(record), std::move(*part), metadata, data));
}

const SnapshotRecord& SnapshotReader::record() const { return state_->record; }
const VaultPart& SnapshotReader::vault_part() const { return state_->part; }

ManifestReader SnapshotReader::manifest() {
  return ManifestReader(state_->first_paths, [state = state_.get()](size_t number) { return state->manifest_chunk(number); });
}

Result<Bytes> SnapshotReader::manifest_chunk(size_t number) {
  SK_CHECK(number < state_->part.manifest.size());
  return state_->manifest_chunk(number);
}

Result<std::vector<ChunkRef>> SnapshotReader::table_rows(size_t number) {
  SK_CHECK(number < state_->part.table.size());
  const Result<std::shared_ptr<const TableChunk>> chunk = state_->table_chunk(static_cast<uint32_t>(number));
  if (!chunk) return chunk.error();
  return (*chunk)->rows;
}

Result<ChunkRef> SnapshotReader::chunk(uint32_t number) {
  const auto none = [&] { return Error(ErrorKind::corrupt, "the chunk table has no chunk " + std::to_string(number)); };
  if (number >= state_->part.table_rows) return none();
  const Result<std::shared_ptr<const TableChunk>> chunk = state_->table_chunk(number / kTableRows);
  if (!chunk) return chunk.error();
  const std::vector<ChunkRef>& rows = (*chunk)->rows;
  const uint32_t row = number % kTableRows;
  if (row >= rows.size() || is_unused(rows[row])) return none();
  return rows[row];
}

Result<PackEntry> SnapshotReader::data_pack(uint32_t number) { return state_->data_packs.entry(number); }
Result<PackEntry> SnapshotReader::metadata_pack(uint32_t number) { return state_->metadata_packs.entry(number); }

Result<Bytes> SnapshotReader::read_chunk(uint32_t number) {
  if (!state_->data_fetcher) return Error(ErrorKind::denied, "this reader has the metadata key only");
  const Result<ChunkRef> ref = chunk(number);
  if (!ref) return ref.error();
  const Result<PackEntry> pack = data_pack(ref->pack);
  if (!pack) return pack.error();
  return state_->data_fetcher->fetch_one(*pack, *ref);
}

Result<void> SnapshotReader::plan(const ManifestEntry& entry, FetchPlan& plan) {
  FetchPlan own(plan.way());
  for (const ContentRef& piece : entry.content) {
    const Result<ChunkRef> ref = chunk(piece.chunk);
    if (!ref) return ref.error();
    if (uint64_t{piece.offset} + piece.length > ref->plain_length)
      return Error(ErrorKind::corrupt, "a piece of " + in_quotes(entry.file.path) + " lies behind the end of its chunk");
    own.add(piece.chunk, *ref);
  }
  plan.add(std::move(own));
  return {};
}

void SnapshotReader::fetch(const FetchPlan& plan, ChunkSink& sink) {
  SK_CHECK(state_->data_fetcher);
  fetch_all(*state_->data_fetcher, state_->context, [this](uint32_t pack) { return data_pack(pack); }, plan, sink);
}

}  // namespace sparekeep
