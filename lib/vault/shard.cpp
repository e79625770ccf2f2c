#include "lib/vault/shard.h"

#include <algorithm>

namespace sparekeep {

namespace {

Error corrupt_shard(std::string text) { return Error(ErrorKind::corrupt, std::move(text)); }

// What the head says about itself: its index is of the layout, one digest for each block of the payload.
Result<void> check_form(const ShardHead& head) {
  if (!head.id().valid())
    return corrupt_shard("shard index " + std::to_string(head.index) + " is not of layout " + head.header.layout.text());
  if (head.blocks.size() == block_count(head.payload_length())) return {};
  return corrupt_shard("shard head has " + std::to_string(head.blocks.size()) + " block digests, expected " +
                       std::to_string(block_count(head.payload_length())));
}

Error corrupt_block(const ShardHead& head, uint64_t block) {
  return corrupt_shard("block " + std::to_string(block) + " of shard " + std::to_string(head.index) + " does not have its digest");
}

uint64_t length_of_block(const ShardHead& head, uint64_t block) {
  return std::min<uint64_t>(kBlockSize, head.payload_length() - block * kBlockSize);
}

Result<void> check_payload_length(const ShardHead& head, size_t length) {
  if (length == head.payload_length()) return {};
  return corrupt_shard("shard has " + std::to_string(length) + " bytes, its header says " + std::to_string(head.payload_length()));
}

}  // namespace

Bytes write_shard_head(uint8_t index, ByteSpan header_object, std::span<const Digest> blocks) {
  ByteWriter writer;
  write_prelude(writer, ObjectKind::shard);
  writer.u32(static_cast<uint32_t>(kShardHeadPrefix + 1 + 4 + header_object.size() + 4 + blocks.size() * Digest::kSize));
  writer.u8(index);
  writer.u32(static_cast<uint32_t>(header_object.size()));
  writer.raw(header_object);
  writer.u32(static_cast<uint32_t>(blocks.size()));
  for (const Digest& block : blocks) writer.raw(block.bytes());
  return writer.take();
}

Result<size_t> shard_head_size(ByteSpan beginning) {
  ByteReader reader(beginning);
  if (Result<void> prelude = read_prelude(reader, ObjectKind::shard); !prelude) return prelude.error();
  const uint32_t size = reader.u32();
  if (!reader.ok() || size < kShardHeadPrefix || size > kShardHeadSizeMax)
    return corrupt_shard("shard head is truncated or has an impossible size");
  return size;
}

Result<ShardHead> parse_shard_head(ByteSpan object) {
  const Result<size_t> size = shard_head_size(object);
  if (!size) return size.error();
  if (*size > object.size()) return corrupt_shard("shard head is truncated or has an impossible size");
  ByteReader reader(object.first(*size));
  reader.raw(kShardHeadPrefix);
  ShardHead head;
  head.size = *size;
  head.index = reader.u8();
  const uint32_t header_length = reader.u32();
  if (header_length > kPackHeaderSizeMax) reader.fail();
  const ByteSpan header_object = reader.raw(header_length);
  const uint32_t count = reader.u32();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) head.blocks.push_back(Digest::read(reader));
  if (Result<void> end = reader.finish("shard head"); !end) return end.error();
  Result<PackHeader> header = parse_pack_header(header_object);
  if (!header) return header.error();
  head.header = std::move(*header);
  head.header_object.assign(header_object.begin(), header_object.end());
  if (Result<void> form = check_form(head); !form) return form.error();
  return head;
}

Result<void> verify_shard_head(const ShardHead& head, const PublicKey& signer) {
  const Result<PackHeader> header = read_pack_header(head.header_object, signer);
  if (!header) return header.error();
  if (*header != head.header) return corrupt_shard("shard head differs from the pack header in it");
  if (Result<void> form = check_form(head); !form) return form.error();
  if (shard_digest(head.payload_length(), head.blocks) == head.header.shard_digests[head.index]) return {};
  return corrupt_shard("block digests do not add up to the digest of shard " + std::to_string(head.index) + " in the pack header");
}

Result<void> verify_block(const ShardHead& head, uint64_t block, ByteSpan bytes) {
  if (block >= head.blocks.size()) return corrupt_shard("shard has no block " + std::to_string(block));
  if (bytes.size() == length_of_block(head, block) && block_digest(bytes) == head.blocks[block]) return {};
  return corrupt_block(head, block);
}

Result<void> verify_shard(const ShardHead& head, ByteSpan payload, const PublicKey& signer) {
  if (Result<void> verified = verify_shard_head(head, signer); !verified) return verified.error();
  if (Result<void> length = check_payload_length(head, payload.size()); !length) return length.error();
  const std::vector<Digest> blocks = block_digests(payload);
  const auto [bad, good] = std::ranges::mismatch(blocks, head.blocks);
  if (bad == blocks.end() && good == head.blocks.end()) return {};
  return corrupt_block(head, static_cast<uint64_t>(bad - blocks.begin()));
}

Result<Bytes> rebuild_shard(const PackHeader& header, std::span<const ShardSpan> survivors, unsigned index) {
  if (index >= header.layout.count())
    return corrupt_shard("shard index " + std::to_string(index) + " is not of layout " + header.layout.text());
  for (const ShardSpan& survivor : survivors)
    if (survivor.bytes.size() != header.shard_length)
      return corrupt_shard("a shard to rebuild from does not have the length of its header");
  Bytes shard(header.shard_length);
  const MutableShardSpan wanted[] = {{index, shard}};
  if (Result<void> rebuilt = Erasure(header.layout).rebuild(survivors, wanted); !rebuilt) return rebuilt.error();
  if (shard_digest(header.shard_length, block_digests(shard)) == header.shard_digests[index]) return shard;
  return corrupt_shard("shard " + std::to_string(index) + " was rebuilt and does not have the digest of the pack header");
}

}  // namespace sparekeep
