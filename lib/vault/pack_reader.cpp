#include "lib/vault/pack_reader.h"

#include <algorithm>

namespace sparekeep {

namespace {

Error corrupt_pack(std::string text) { return Error(ErrorKind::corrupt, std::move(text)); }

std::string chunk_text(const PackedChunk& chunk) { return "chunk " + std::to_string(chunk.index) + " of the pack"; }

Result<void> check_place(const PackHeader& header, const PackedChunk& chunk, ByteSpan sealed) {
  const bool inside = uint64_t{chunk.offset} + chunk.sealed_length <= header.directory_offset;
  const bool possible = chunk.plain_length <= kChunkLengthMax && chunk.index < kPackChunksMax;
  if (inside && possible && sealed.size() == chunk.sealed_length && sealed.size() >= kAeadTagSize) return {};
  return corrupt_pack(chunk_text(chunk) + " has an impossible place or length");
}

// A payload that is used must be the one that the header means, or what comes out is not the pack.
Result<std::vector<Digest>> checked_blocks(const PackHeader& header, unsigned index, ByteSpan payload) {
  if (index >= header.layout.count())
    return corrupt_pack("shard index " + std::to_string(index) + " is not of layout " + header.layout.text());
  std::vector<Digest> blocks = block_digests(payload);
  const bool same = payload.size() == header.shard_length && shard_digest(header.shard_length, blocks) == header.shard_digests[index];
  if (!same) return corrupt_pack("shard " + std::to_string(index) + " does not have the digest of the pack header");
  return blocks;
}

struct Assembly {
  Bytes pack;
  std::vector<ShardSpan> survivors;
  std::vector<MutableShardSpan> missing;              // data shards to be rebuilt
};

// Data shards are copied to their places; the others are named as missing.
void place_data(const PackHeader& header, std::span<const ShardSpan> payloads, Assembly& assembly) {
  for (unsigned i = 0; i < header.layout.data; ++i) {
    const MutableSpan place = MutableSpan(assembly.pack).subspan(i * header.shard_length, header.shard_length);
    const auto it = std::find_if(payloads.begin(), payloads.end(), [&](const ShardSpan& payload) { return payload.index == i; });
    if (it == payloads.end()) {
      assembly.missing.push_back({i, place});
      continue;
    }
    SK_CHECK(it->bytes.size() == place.size());
    std::copy(it->bytes.begin(), it->bytes.end(), place.begin());
    assembly.survivors.push_back(*it);
  }
}

Result<void> check_assembled(const PackHeader& header, ByteSpan pack) {
  std::vector<Digest> all;
  for (unsigned i = 0; i < header.layout.data; ++i) {
    const Result<std::vector<Digest>> blocks = checked_blocks(header, i, pack.subspan(i * header.shard_length, header.shard_length));
    if (!blocks) return blocks.error();
    all.insert(all.end(), blocks->begin(), blocks->end());
  }
  if (pack_id(header.pack_length, all) == header.pack) return {};
  return corrupt_pack("the blocks of the pack do not add up to its id");
}

}  // namespace

PackReader::PackReader(const PackHeader& header, const PackKeys& keys, ChunkIds ids, Bytes scratch)
    : header_(header), aead_(content_key(keys, header.salt, header.content_digest)), scratch_(std::move(scratch)) {
  if (ids == ChunkIds::computed) namer_.emplace(keys);
}

Result<void> PackReader::open_chunk(const PackedChunk& chunk, ByteSpan sealed, Bytes& plain) {
  if (Result<void> place = check_place(header_, chunk, sealed); !place) return place.error();
  const size_t length = sealed.size() - kAeadTagSize;
  if (scratch_.size() < length) scratch_.resize(length);
  const MutableSpan compressed = MutableSpan(scratch_).first(length);
  const Bytes associated = chunk_associated({header_.vault, header_.epoch, header_.kind}, chunk);
  if (Result<void> opened = aead_.open(chunk.index, associated, sealed, compressed); !opened) return during(chunk_text(chunk), opened);
  plain.resize(chunk.plain_length);
  if (Result<void> expanded = expander_.expand(chunk.codec, compressed, plain); !expanded) return during(chunk_text(chunk), expanded);
  if (!namer_ || namer_->id_of(plain) == chunk.id) return {};
  return corrupt_pack(chunk_text(chunk) + " does not have its id");
}

Result<std::vector<PackedChunk>> PackReader::open_directory(ByteSpan sealed) {
  if (sealed.size() != header_.directory_length || sealed.size() < kAeadTagSize)
    return corrupt_pack("the pack directory does not have the length of the pack header");
  Bytes plain(sealed.size() - kAeadTagSize);
  const Bytes associated = directory_associated({header_.vault, header_.epoch, header_.kind});
  if (Result<void> opened = aead_.open(kDirectoryCounter, associated, sealed, plain); !opened)
    return opened.error().during("the pack directory");
  return read_directory(plain, header_.directory_offset);
}

Result<Bytes> assemble_pack(const PackHeader& header, std::span<const ShardSpan> payloads) {
  for (const ShardSpan& payload : payloads)
    if (const Result<std::vector<Digest>> blocks = checked_blocks(header, payload.index, payload.bytes); !blocks) return blocks.error();
  Assembly assembly;
  assembly.pack.resize(header.pack_length);
  place_data(header, payloads, assembly);
  for (const ShardSpan& payload : payloads)
    if (payload.index >= header.layout.data) assembly.survivors.push_back(payload);
  if (!assembly.missing.empty()) {
    const Result<void> rebuilt = Erasure(header.layout).rebuild(assembly.survivors, assembly.missing);
    if (!rebuilt) return rebuilt.error();
  }
  if (Result<void> checked = check_assembled(header, assembly.pack); !checked) return checked.error();
  return std::move(assembly.pack);
}

}  // namespace sparekeep
