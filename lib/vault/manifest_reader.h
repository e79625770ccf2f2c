// Reads manifests: foreign bytes, held to every rule of docs/format.md (order of paths, maxima, pieces that add up), so that
// what comes out can be handed to a restore. Memory: one chunk and one entry at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/vault/manifest_entry.h"

namespace sparekeep {

// Records of one plain manifest chunk, in order. A file with very many pieces is several records, which ManifestReader joins.
class ManifestChunkReader {
 public:
  struct Record {
    ManifestEntry entry;
    bool goes_on = false;                 // the next record has the same path and more of its pieces
  };

  static Result<ManifestChunkReader> open(Bytes plain);            // corrupt, unsupported
  ManifestChunkReader(ManifestChunkReader&&) = default;            // moves keep the bytes where they are; a copy would not
  ManifestChunkReader& operator=(ManifestChunkReader&&) = default;
  Result<std::optional<Record>> next();                            // empty at the end; corrupt then says so

 private:
  explicit ManifestChunkReader(Bytes plain) : plain_(std::move(plain)), reader_(plain_) {}
  Result<std::string> next_path();
  Bytes plain_;
  ByteReader reader_;
  uint32_t left_ = 0;                     // records
  std::string path_;                      // of the record before; empty: none yet
  bool goes_on_ = false;                  // the record before does
};

// All entries over a sequence of chunks, in path order.
class ManifestReader {
 public:
  using Load = std::function<Result<Bytes>(size_t number)>;        // the plain bytes of one manifest chunk
  using FirstPaths = std::shared_ptr<const std::vector<std::string>>;   // one for all passes: a large snapshot has many

  // `first_paths` (keys of the vault part) are compared with what the chunks hold.
  ManifestReader(FirstPaths first_paths, Load load) : first_paths_(std::move(first_paths)), load_(std::move(load)) {}
  ManifestReader(std::vector<std::string> first_paths, Load load)
      : ManifestReader(std::make_shared<const std::vector<std::string>>(std::move(first_paths)), std::move(load)) {}

  Result<std::optional<ManifestEntry>> next();                     // empty at the end. After an error only seek helps
  void seek(std::string_view path);                                // next() gives the first entry that is not before `path`
  Result<std::optional<ManifestEntry>> find(std::string_view path);  // exactly this one, or empty; next() goes on behind it

 private:
  using Record = ManifestChunkReader::Record;
  Result<std::optional<Record>> next_record();
  Result<std::optional<Record>> first_record();
  Result<ManifestEntry> joined(Record record);
  FirstPaths first_paths_;
  Load load_;
  size_t next_chunk_ = 0;                 // the one to load when chunk_ is at its end
  std::optional<ManifestChunkReader> chunk_;
  std::string last_path_;                 // of the last record; empty: none since the last seek
  bool goes_on_ = false;                  // the last record does
  std::string seek_path_;                 // entries before it are skipped; empty: none
};

}  // namespace sparekeep
