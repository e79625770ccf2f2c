// The contents of a number of files, fetched together: pack by pack, each chunk once, its pieces written to every file that has them.
// A file gets its name only when all of it has come and its hash fits.
#pragma once

#include <memory>
#include <unordered_map>

#include "agent/restore/restore_report.h"
#include "agent/restore/target_writer.h"
#include "lib/fetch/snapshot_reader.h"

namespace sparekeep::agent {

class ContentBatch final : public ChunkSink {
 public:
  ContentBatch(TargetWriter* writer, SnapshotReader& snapshot, RestoreReport& report) : writer_(writer), snapshot_(snapshot), report_(report) {}

  bool full() const;
  bool holds(std::string_view place) const;
  void add(std::string place, ManifestEntry entry);
  void run();                                          // fetches, writes, verifies, names; empty afterwards

  void chunk(uint32_t number, Bytes plain) override;
  void failed(uint32_t number, const Error& error) override;

 private:
  struct File {
    std::string place;
    ManifestEntry entry;
    std::mutex mutex;                                  // two packs of one file may come at once
    std::optional<PendingFile> pending;
    std::optional<Error> error;
  };
  struct Piece {
    File* file = nullptr;
    uint64_t stored_offset = 0;                        // in the stored bytes of the file
    uint32_t offset = 0, length = 0;                   // in the chunk
  };
  void open(File& file, FetchPlan& plan);
  void finish(File& file);

  TargetWriter* writer_;                                 // null only where nothing is ever added
  SnapshotReader& snapshot_;
  RestoreReport& report_;
  std::vector<std::unique_ptr<File>> files_;
  std::unordered_map<uint32_t, std::vector<Piece>> pieces_;
  uint64_t bytes_ = 0;
};

// Writes stored bytes of a file where readers will see them: between the holes of a sparse one.
Result<void> write_stored(PendingFile& file, const FileEntry& entry, uint64_t stored_offset, ByteSpan bytes);

// The hash of the stored bytes of what stands: whether it is what the manifest says.
Result<ContentHash> hash_stored(int fd, const FileEntry& entry);

// Does everything between the data extents of what stands read as zeros?
Result<bool> holes_are_empty(int fd, const FileEntry& entry);

}  // namespace sparekeep::agent
