// The ordered end of a backup's chain: prepared chunks get numbers and go into packs, entries get the numbers of their chunks
// and go into the manifest, packs go to the uploader. One thread, but for the sealing of a full data pack, beside which the next one is filled.
#pragma once

#include <deque>
#include <future>

#include "agent/backup/chunk_numbers.h"
#include "agent/backup/metadata_packs.h"
#include "agent/backup/prepared_chunk.h"
#include "agent/backup/previous_snapshot.h"
#include "agent/backup/source_reader.h"
#include "agent/backup/stored_packs.h"
#include "agent/backup/summary.h"
#include "lib/vault/manifest_writer.h"

namespace sparekeep::agent {

struct AssemblyParts {                            // all outlive the assembly
  PackWriter& data_writer;
  MetadataPacks& metadata;
  ChunkNumbers& numbers;
  Uploader& uploader;
  StoredPacks& stored;                            // where the uploader puts what is stored
  SnapshotCache& cache;
  Summary& summary;
};

class Assembly {
 public:
  explicit Assembly(AssemblyParts parts);

  void chunk(Ticket ticket, const PreparedChunk& chunk);
  void entry(ReadEntry entry);

  // Everything is stored when it returns; the vault part says where.
  VaultPart finish();

 private:
  struct Waiting {
    ReadEntry read;
    size_t resolved = 0;                          // references whose number is known
  };
  uint32_t number_of(const PreparedChunk& chunk);
  void close_data_pack();
  void wait_for_sealing();
  void take_stored();
  void write_ready_entries();
  bool resolve(Waiting& waiting) const;
  void write(ManifestEntry& entry);
  void manifest_chunk(ManifestChunk chunk);
  std::vector<size_t> write_table(uint32_t& rows);

  AssemblyParts parts_;
  ManifestWriter manifest_;
  std::vector<uint32_t> numbers_by_ticket_;
  std::deque<Waiting> waiting_;
  std::vector<std::pair<std::string, size_t>> manifest_chunks_;   // first path, ticket of the metadata packs
  std::future<void> sealing_;                     // of the last data pack; waited for before all else goes
};

}  // namespace sparekeep::agent
