#include "lib/vault/pack_list.h"

#include <algorithm>

#include "lib/crypt/digest.h"
#include "lib/vault/prelude.h"

namespace sparekeep {

namespace {

constexpr std::string_view kPackListDomain{"sparekeep pack list v1\0", 23};

void write_entry(ByteWriter& writer, const PackEntry& entry) {
  writer.raw(entry.pack.bytes());
  if (entry.unused()) {
    writer.raw(Bytes(3 + 8));
    return;
  }
  SK_CHECK(entry.layout.valid() && entry.places.size() == entry.layout.count());
  writer.u8(static_cast<uint8_t>(entry.kind));
  writer.u8(entry.layout.data);
  writer.u8(entry.layout.parity);
  writer.u64(entry.pack_length);
  for (const HostId& place : entry.places) writer.raw(place.bytes());
}

bool is_possible(const PackEntry& entry, uint8_t kind) {
  if (kind != 1 && kind != 2) return false;
  if (!entry.layout.valid() || entry.pack_length == 0 || entry.pack_length > kPackLengthMax) return false;
  return entry.layout.data == 1 || entry.pack_length % (uint64_t{entry.layout.data} * kBlockSize) == 0;
}

PackEntry read_entry(ByteReader& reader) {
  PackEntry entry;
  entry.pack = PackId::read(reader);
  const uint8_t kind = reader.u8();
  entry.layout.data = reader.u8();
  entry.layout.parity = reader.u8();
  entry.pack_length = reader.u64();
  if (entry.unused()) {
    if (kind || entry.layout.data || entry.layout.parity || entry.pack_length) reader.fail();
    return PackEntry();
  }
  entry.kind = static_cast<PackKind>(kind);
  if (!is_possible(entry, kind)) reader.fail();
  for (unsigned i = 0; i < entry.layout.count() && reader.ok(); ++i) entry.places.push_back(HostId::read(reader));
  return entry;
}

}  // namespace

Bytes write_pack_list_block(const PackListBlock& block) {
  SK_CHECK(block.first % kPackListRows == 0 && !block.entries.empty() && block.entries.size() <= kPackListRows);
  ByteWriter writer;
  write_prelude(writer, ObjectKind::pack_list_block);
  writer.raw(block.vault.bytes());
  writer.u32(block.first);
  writer.u32(static_cast<uint32_t>(block.entries.size()));
  for (const PackEntry& entry : block.entries) write_entry(writer, entry);
  return writer.take();
}

Result<PackListBlock> read_pack_list_block(ByteSpan object) {
  ByteReader reader(object);
  if (Result<void> prelude = read_prelude(reader, ObjectKind::pack_list_block); !prelude) return prelude.error();
  PackListBlock block;
  block.vault = VaultId::read(reader);
  block.first = reader.u32();
  const uint32_t count = reader.u32();
  if (block.first % kPackListRows != 0 || block.first >= kPackListRowsMax || count == 0 || count > kPackListRows) reader.fail();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) block.entries.push_back(read_entry(reader));
  if (Result<void> end = reader.finish("the pack list block"); !end) return end.error();
  return block;
}

Digest pack_list_digest(ByteSpan block) { return Sha256().update(as_bytes(kPackListDomain)).update(block).finish(); }

PackList::PackList(std::vector<PackEntry> entries) : entries_(std::move(entries)) {
  for (uint32_t number = 0; number < entries_.size(); ++number) {
    if (entries_[number].unused()) free_.push_back(number);
    else numbers_.emplace(entries_[number].pack, number);
  }
  std::make_heap(free_.begin(), free_.end(), std::greater<>());
}

uint32_t PackList::add(PackEntry entry) {
  SK_CHECK(!entry.unused());
  const auto next = static_cast<uint32_t>(entries_.size());
  const auto [known, is_new] = numbers_.try_emplace(entry.pack, free_.empty() ? next : free_.front());
  if (!is_new) return known->second;
  if (free_.empty()) {
    SK_CHECK(next < kPackListRowsMax);
    entries_.push_back(std::move(entry));
    return next;
  }
  std::pop_heap(free_.begin(), free_.end(), std::greater<>());
  free_.pop_back();
  entries_[known->second] = std::move(entry);
  return known->second;
}

void PackList::remove(uint32_t number) {
  SK_CHECK(number < entries_.size() && !entries_[number].unused());
  numbers_.erase(entries_[number].pack);
  entries_[number] = PackEntry();
  free_.push_back(number);
  std::push_heap(free_.begin(), free_.end(), std::greater<>());
}

const PackEntry* PackList::find(const PackId& pack) const {
  const auto known = numbers_.find(pack);
  return known == numbers_.end() ? nullptr : &entries_[known->second];
}

std::optional<uint32_t> PackList::number_of(const PackId& pack) const {
  const auto known = numbers_.find(pack);
  return known == numbers_.end() ? std::nullopt : std::optional(known->second);
}

uint32_t PackList::count() const {
  size_t count = entries_.size();
  while (count > 0 && entries_[count - 1].unused()) --count;
  return static_cast<uint32_t>(count);
}

std::vector<Bytes> PackList::blocks(const VaultId& vault) const {
  std::vector<Bytes> blocks;
  const uint32_t end = count();
  for (uint32_t first = 0; first < end; first += kPackListRows) {
    const uint32_t rows = std::min(kPackListRows, end - first);
    blocks.push_back(write_pack_list_block({vault, first, {entries_.begin() + first, entries_.begin() + first + rows}}));
  }
  return blocks;
}

Result<std::vector<PackEntry>> join_pack_list(const VaultId& vault, PackKind kind, std::span<const Bytes> blocks) {
  std::vector<PackEntry> entries;
  for (const Bytes& object : blocks) {
    Result<PackListBlock> block = read_pack_list_block(object);
    if (!block) return block.error();
    if (block->vault != vault) return Error(ErrorKind::corrupt, "a pack list block is of vault " + block->vault.hex());
    if (block->first != entries.size()) return Error(ErrorKind::corrupt, "a pack list block is out of place");
    for (PackEntry& entry : block->entries) {
      if (!entry.unused() && entry.kind != kind) return Error(ErrorKind::corrupt, "a pack list block names a pack of the other kind");
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

}  // namespace sparekeep
