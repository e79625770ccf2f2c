// The chunk table of the snapshot that is being made: a number for each chunk that it needs. Numbers of the previous snapshot
// stay what they were, so that unchanged stretches of the manifest are the same bytes again; new chunks get numbers that
// nothing in the previous snapshot used. One thread's, but for was_held and held_length.
#pragma once

#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "agent/backup/known_chunks.h"
#include "lib/vault/chunk_table.h"

namespace sparekeep::agent {

class ChunkNumbers {
 public:
  // Table and packs of the previous snapshot, or nothing. Rows in packs that are `given_up` become free.
  ChunkNumbers(std::vector<ChunkRef> rows, std::vector<PackEntry> packs, const std::unordered_set<PackId>& given_up);

  std::optional<uint32_t> find(const ChunkId& id) const;
  // Held by the previous snapshot; from any thread: that does not change.
  bool was_held(const ChunkId& id) const { return held_.contains(id); }
  std::optional<uint32_t> held_length(const ChunkId& id) const;           // of its plain bytes
  bool usable(uint32_t number) const;                           // a row of the previous snapshot that holds a chunk

  uint32_t add_stored(const PackEntry& pack, const PackedChunk& chunk);
  uint32_t add_pending(const PackedChunk& chunk);               // its pack is not closed yet
  void set_pack(const StoredPack& pack);                        // every shard of it has its place: its rows are whole

  void use(uint32_t number, uint32_t bytes);                    // that many bytes of it are live in this snapshot

  // Ends the numbering: rows without live bytes become unused, and packs without rows leave the list.
  void close();
  const std::vector<ChunkRef>& rows() const { return rows_; }
  const PackList& packs() const { return packs_; }

 private:
  struct Numbered {
    uint32_t number = 0;
    uint32_t plain_length = 0;
  };
  using Numbers = std::unordered_map<ChunkId, Numbered>;
  Numbers take_up(const std::unordered_set<PackId>& given_up);
  uint32_t append(ChunkRef row);
  std::vector<ChunkRef> rows_;
  std::vector<uint32_t> free_;                                  // unused in the previous snapshot; the lowest last
  PackList packs_;
  const Numbers held_;                                          // by the previous snapshot
  Numbers added_;
};

}  // namespace sparekeep::agent
