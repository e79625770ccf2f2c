// The pack list of a snapshot: number -> pack, layout, and the systems that its shards were first written to, in blocks of 512
// that are stored by digest and shared between records (docs/format.md, "Pack list block"). Public: it needs no key.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "lib/vault/layout.h"
#include "lib/vault/types.h"

namespace sparekeep {

constexpr uint32_t kPackListRows = 512;   // of one block; the last one has fewer
constexpr uint32_t kPackListRowsMax = 1u << 24;

struct PackEntry {
  PackId pack;                            // zero: the number is unused
  PackKind kind = PackKind::data;
  Layout layout;
  uint64_t pack_length = 0;
  std::vector<HostId> places;             // layout.count(): where shard i was first written; zero: it never was
  bool operator==(const PackEntry&) const = default;
  bool unused() const { return pack.is_zero(); }
};

struct PackListBlock {
  VaultId vault;
  uint32_t first = 0;                     // number of the first entry; a multiple of kPackListRows
  std::vector<PackEntry> entries;         // 1 .. kPackListRows
};

Bytes write_pack_list_block(const PackListBlock& block);
Result<PackListBlock> read_pack_list_block(ByteSpan object);   // corrupt, unsupported
Digest pack_list_digest(ByteSpan block);

// The list as a backup carries it from one snapshot to the next: a pack keeps its number as long as it is in use; the numbers of
// packs that went are given out again, lowest first, so that most blocks stay what they were.
class PackList {
 public:
  PackList() = default;
  explicit PackList(std::vector<PackEntry> entries);             // of the snapshot before, by number

  uint32_t add(PackEntry entry);                                 // its number; the one it has when it is there already
  void remove(uint32_t number);
  const PackEntry* find(const PackId& pack) const;               // nullptr: not in the list
  std::optional<uint32_t> number_of(const PackId& pack) const;
  const std::vector<PackEntry>& entries() const { return entries_; }
  uint32_t count() const;                                        // without the unused ones at the end: what a record says
  std::vector<Bytes> blocks(const VaultId& vault) const;         // of those, in order

 private:
  std::vector<PackEntry> entries_;
  std::vector<uint32_t> free_;                                   // a heap, the lowest first
  std::unordered_map<PackId, uint32_t> numbers_;
};

// Puts blocks back together; corrupt when one is of another vault, kind, number or out of place.
Result<std::vector<PackEntry>> join_pack_list(const VaultId& vault, PackKind kind, std::span<const Bytes> blocks);

}  // namespace sparekeep
