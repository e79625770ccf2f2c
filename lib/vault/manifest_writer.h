// Writes manifest chunks from entries in path order.
//
// Where a chunk ends is said by the entries themselves, so that a stretch of unchanged entries becomes the same bytes again,
// whatever changed before it: a cut is made behind an entry once the chunk holds kManifestChunkMin bytes and
//   path_hash(path) < bytes of the entry x (2^64 / kManifestChunkSpread)
// (one cut in kManifestChunkSpread bytes, however long entries are: chunks of about 512 KiB), and before an entry that would make
// the chunk longer than kManifestChunkMax. Only a single entry that is longer than that (a huge set of attributes) makes a longer chunk.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "lib/vault/manifest_entry.h"

namespace sparekeep {

constexpr size_t kManifestChunkMin = 64 * 1024;        // plain bytes
constexpr size_t kManifestChunkSpread = 448 * 1024;
constexpr size_t kManifestChunkMax = 2 * 1024 * 1024;

struct ManifestChunk {
  std::string first_path;
  Bytes plain;                            // the whole object (kind 20); at most kChunkLengthMax
};

// Why no manifest takes this file, whatever its content (a phrase, as those of fault_of); empty: it does.
std::string_view fault_for_writing(const FileEntry& file);

class ManifestWriter {
 public:
  using Sink = std::function<void(ManifestChunk)>;
  explicit ManifestWriter(Sink sink) : sink_(std::move(sink)) {}

  // Entries come in path order, each path once (checked: our own mistake aborts). Throws failed, naming the path, for an entry
  // that is beyond a stated maximum or whose pieces do not add up; the writer goes on without it.
  void put(const ManifestEntry& entry);
  void finish();                          // hands on the last chunk; an empty manifest has none

  uint64_t entries() const { return entries_; }
  uint64_t file_bytes() const { return file_bytes_; }   // sizes of regular files, hard links once

 private:
  void put_record(const ManifestEntry& entry, std::span<const ContentRef> pieces, bool goes_on);
  void write_record(const ManifestEntry& entry, std::span<const ContentRef> pieces, bool goes_on);
  void cut(size_t bytes);                 // of the chunk: the rest is let go
  Sink sink_;
  std::string first_path_, last_path_;    // of the chunk under way; of the last record, empty: none yet
  ByteWriter chunk_;                      // its records
  uint32_t records_ = 0;
  uint64_t entries_ = 0, file_bytes_ = 0;
};

}  // namespace sparekeep
