#include "lib/fetch/pack_list_reader.h"

namespace sparekeep {

Result<std::vector<PackEntry>> PackListReader::fetch(uint32_t index) {
  const Digest& digest = root_.blocks[index];
  std::string worst = "no system answers";
  for (ShardStore* store : context_.systems.usable()) {
    Result<Bytes> object = store->get_object(context_.vault, StoredKind::pack_list_block, digest.hex(), context_.deadline());
    if (!object) {
      context_.systems.note(store->host(), object.error());
      worst = store->name() + ": " + object.error().text();
      continue;
    }
    if (pack_list_digest(*object) != digest) {
      worst = store->name() + ": it gave other bytes than the digest says";
      continue;
    }
    Result<PackListBlock> block = read_pack_list_block(*object);
    if (!block) return block.error();
    if (block->vault != context_.vault || block->first != index * kPackListRows)
      return Error(ErrorKind::corrupt, "pack list block " + digest.hex() + " is out of place");
    return std::move(block->entries);
  }
  return Error(ErrorKind::lost, "pack list block " + digest.hex() + " is not to be had: " + worst);
}

Result<std::vector<PackEntry>> PackListReader::block(uint32_t index) {
  if (index >= root_.blocks.size()) return Error(ErrorKind::corrupt, "the pack list has no block " + std::to_string(index));
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = blocks_.find(index); known != blocks_.end()) return known->second;
  }
  Result<std::vector<PackEntry>> entries = fetch(index);
  if (!entries) return entries;
  const std::lock_guard lock(mutex_);
  return blocks_.try_emplace(index, std::move(*entries)).first->second;
}

Result<PackEntry> PackListReader::entry(uint32_t number) {
  Result<std::vector<PackEntry>> entries = block(number / kPackListRows);
  if (!entries) return entries.error();
  const uint32_t row = number % kPackListRows;
  if (row >= entries->size() || (*entries)[row].unused() || (*entries)[row].kind != kind_)
    return Error(ErrorKind::corrupt, "the pack list has no pack " + std::to_string(number) + " of this kind");
  return (*entries)[row];
}

}  // namespace sparekeep
