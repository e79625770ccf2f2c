// What a backup counts on the way: the figures of second metadata (storage.md; docs/format.md, "Second metadata").
#pragma once

#include <map>

#include "lib/base/file_entry.h"
#include "lib/vault/pack_list.h"
#include "lib/wire/second_metadata.h"

namespace sparekeep::agent {

class Summary {
 public:
  void count(const FileEntry& entry);

  uint64_t files() const { return files_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t folders() const;                   // of files()

  // Fills in files, bytes, types, extensions, owners.
  void write(SecondMetadata& to) const;

 private:
  uint64_t files_ = 0, bytes_ = 0;
  std::map<std::string, Amount> types_, extensions_;
  std::map<std::pair<std::string, std::string>, Amount> owners_;
};

// Bytes of shards that the packs of a snapshot have on each system.
std::map<HostId, uint64_t> bytes_by_system(const std::vector<PackEntry>& data, const std::vector<PackEntry>& metadata);

}  // namespace sparekeep::agent
