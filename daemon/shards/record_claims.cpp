#include "daemon/shards/record_claims.h"

#include <algorithm>

#include "lib/vault/shard_size.h"

namespace sparekeep::daemon {

Result<std::vector<std::string>> RecordClaims::for_each(const OnClaim& on_claim) const {
  std::vector<std::string> missing;
  for (const List& list : {List{facts_.data_packs, PackKind::data}, List{facts_.metadata_packs, PackKind::metadata}})
    for (size_t number = 0; number < list.root.blocks.size(); ++number)
      if (const Result<void> read = read_block(list, number, on_claim, missing); !read) return read.error();
  return missing;
}

Result<void> RecordClaims::read_block(const List& list, size_t number, const OnClaim& on_claim, std::vector<std::string>& missing) const {
  const Digest& digest = list.root.blocks[number];
  const Result<Bytes> object = objects_.get(facts_.vault, VaultObject::pack_list_block, digest.hex());
  const Result<PackListBlock> block = object ? read_pack_list_block(*object) : object.error();
  if (!block || pack_list_digest(*object) != digest) {
    missing.push_back(digest.hex());
    return {};
  }
  const size_t first = number * kPackListRows;
  const size_t rows = std::min<size_t>(kPackListRows, list.root.packs - first);
  if (block->vault != facts_.vault || block->first != first || block->entries.size() != rows)
    return Error(ErrorKind::corrupt, "pack list block " + digest.hex() + " stands where it does not belong");
  for (const PackEntry& pack : block->entries)
    if (const Result<void> read = pack.unused() ? Result<void>() : read_row(pack, list.kind, on_claim); !read) return read.error();
  return {};
}

Result<void> RecordClaims::read_row(const PackEntry& pack, PackKind kind, const OnClaim& on_claim) const {
  if (pack.kind != kind) return Error(ErrorKind::corrupt, "pack " + pack.pack.hex() + " stands in the list of the other kind");
  const auto here = std::find(pack.places.begin(), pack.places.end(), self_);
  if (here == pack.places.end()) return {};
  if (std::find(here + 1, pack.places.end(), self_) != pack.places.end())
    return Error(ErrorKind::corrupt, "pack " + pack.pack.hex() + " has two shards on host " + self_.hex());
  on_claim({facts_.vault, pack.pack, pack.layout, static_cast<uint8_t>(here - pack.places.begin())}, shard_size(pack.layout, pack.pack_length));
  return {};
}

}  // namespace sparekeep::daemon
