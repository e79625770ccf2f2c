// Reads one snapshot: record -> manifest -> chunk table -> pack list -> chunks, each part only when it is needed. Memory: a cache
// of opened manifest and table chunks, bounded by bytes, and the pack list blocks that were met.
#pragma once

#include <memory>

#include "lib/fetch/fetch_plan.h"
#include "lib/vault/manifest_reader.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep {

class SnapshotReader {                                // thread safe, but for the ManifestReader that it gives out
 public:
  // `metadata` opens the record and everything that is browsed; `data` (may be null) is needed by read_chunk and fetch alone.
  // Both and the context outlive the reader. denied: the keys are another vault's.
  static Result<SnapshotReader> open(const FetchContext& context, SnapshotRecord record, const MetadataKeys& metadata,
                                     const PackKeys* data);
  ~SnapshotReader();
  SnapshotReader(SnapshotReader&&) noexcept;

  const SnapshotRecord& record() const;
  const VaultPart& vault_part() const;

  ManifestReader manifest();                          // a new pass over all entries; this reader outlives it
  Result<Bytes> manifest_chunk(size_t number);        // plain; of those of the vault part
  Result<std::vector<ChunkRef>> table_rows(size_t number);   // of one table chunk, the unused ones, too
  Result<ChunkRef> chunk(uint32_t number);            // row of the chunk table; corrupt when there is none or it is unused
  Result<PackEntry> data_pack(uint32_t number);
  Result<PackEntry> metadata_pack(uint32_t number);

  Result<Bytes> read_chunk(uint32_t number);          // fetched, opened, checked
  Result<void> plan(const ManifestEntry& entry, FetchPlan& plan);   // adds the chunks of a file: all, or none with an error
  void fetch(const FetchPlan& plan, ChunkSink& sink); // of data packs; see fetch_all

 private:
  struct State;
  explicit SnapshotReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

constexpr size_t kOpenedChunksBytesMax = 32 << 20;

}  // namespace sparekeep
