// The contents of a number of files, fetched together: pack by pack, each chunk once, its pieces given to every file that has them.
// A file gets its name only when all of it has come and its hash fits: a small one is begun then, a large one is written piece by piece before.
#pragma once

#include <memory>
#include <unordered_map>

#include "agent/restore/restore_report.h"
#include "agent/restore/stored_content.h"
#include "lib/fetch/snapshot_reader.h"
#include "lib/vault/content_hash.h"

namespace sparekeep::agent {

class ContentBatch final : public ChunkSink {
 public:
  // `read_back`: what was written is read again before it gets its name.
  ContentBatch(TargetWriter* writer, SnapshotReader& snapshot, RestoreReport& report, bool read_back = true)
      : writer_(writer), snapshot_(snapshot), report_(report), read_back_(read_back) {}

  bool empty() const { return files_.empty(); }
  bool full() const;
  bool holds(std::string_view place) const;            // also after run()
  void add(std::string place, ManifestEntry entry);
  void run();                                          // fetches, writes, verifies, names. Once

  void chunk(uint32_t number, ByteSpan plain) override;
  void failed(uint32_t number, const Error& error) override;

 private:
  enum class How { at_once, gathered, piecewise };     // from one piece of a chunk; in memory; in the file
  struct File {
    std::string place;
    ManifestEntry entry;
    How how = How::at_once;
    std::mutex mutex;                                  // two packs of one file may come at once
    uint64_t missing = 0;                              // stored bytes that have not come
    Bytes gathered;
    std::optional<PendingFile> pending;
    StoredPlace last;
    std::optional<ContentHasher> hasher;               // as long as pieces come in their order
    uint64_t hashed = 0;
    std::optional<ContentHash> came;                   // of what was handed to be written, where that is known
    bool named = false;
    std::optional<Error> error;
  };
  struct Piece {
    File* file = nullptr;
    uint64_t stored_offset = 0;                        // in the stored bytes of the file
    uint32_t offset = 0, length = 0;                   // in the chunk
  };
  How how_to_write(const ManifestEntry& entry);
  Result<void> plan(File& file, FetchPlan& plan);
  struct Whole {
    File* file = nullptr;
    ByteSpan bytes;
  };
  Result<void> take(File& file, const Piece& piece, ByteSpan plain, std::vector<Whole>& together);
  void write_together(const std::vector<Whole>& wholes);
  Result<void> gather(File& file, uint64_t stored_offset, ByteSpan bytes);
  Result<void> write_piece(File& file, uint64_t stored_offset, ByteSpan bytes);
  Result<void> write_whole(File& file, ByteSpan bytes, std::vector<Whole>* together);
  Result<void> begin(File& file, Arrival arrival);
  Result<void> prove(File& file);
  Result<void> name(File& file);
  void finish(File& file);

  TargetWriter* writer_;
  SnapshotReader& snapshot_;
  RestoreReport& report_;
  const bool read_back_;
  std::vector<std::unique_ptr<File>> files_;
  std::unordered_map<uint32_t, std::vector<Piece>> pieces_;
  uint64_t bytes_ = 0, gathered_bytes_ = 0;
  size_t piecewise_ = 0, weight_ = 0;
  bool large_ = false;                                 // one of them is: its pieces come in their order, so that it is written and hashed from one end to the other
};

}  // namespace sparekeep::agent
