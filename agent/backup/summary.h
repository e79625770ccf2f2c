// What a backup counts on the way: the figures of second metadata (storage.md; docs/format.md, "Second metadata").
#pragma once

#include <array>
#include <map>

#include "lib/base/file_entry.h"
#include "lib/vault/pack_list.h"
#include "lib/wire/second_metadata.h"

namespace sparekeep::agent {

class Summary {
 public:
  Summary() = default;
  Summary(const Summary&) = delete;           // it knows where its own figures lie

  void count(const FileEntry& entry);

  uint64_t files() const { return files_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t folders() const;                   // of files()

  // Fills in files, bytes, types, extensions, owners.
  void write(SecondMetadata& to) const;

 private:
  struct Owner {
    uint32_t uid = 0, gid = 0;
    std::string user, group;
    bool operator==(const Owner&) const = default;
  };
  Amount& of_owner(const FileEntry& entry);
  Amount& of_extension(std::string_view path);

  uint64_t files_ = 0, bytes_ = 0;
  std::array<Amount, 8> kinds_;               // by their numbers
  std::map<std::string, Amount> extensions_;
  std::map<std::pair<std::string, std::string>, Amount> owners_;
  Owner last_owner_;                          // those of the entry before, which those of the next one are, mostly
  std::string last_extension_;
  Amount* owners_amount_ = nullptr;           // null: there was none yet
  Amount* extensions_amount_ = nullptr;
};

// Bytes of shards that the packs of a snapshot have on each system.
std::map<HostId, uint64_t> bytes_by_system(const std::vector<PackEntry>& data, const std::vector<PackEntry>& metadata);

}  // namespace sparekeep::agent
