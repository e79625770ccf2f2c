#include "lib/vault/pack_writer.h"

#include <algorithm>
#include <utility>

#include "lib/vault/pack_proof.h"

namespace sparekeep {

namespace {

constexpr uint64_t kDirectoryRoom = 64, kDirectoryRowMax = 48;   // bytes, a little more than a sealed directory takes

void seal_content(Aead& aead, const PackPlace& place, const std::vector<PackedChunk>& chunks, MutableSpan pack) {
  for (const PackedChunk& chunk : chunks) {
    const MutableSpan sealed = pack.subspan(chunk.offset, chunk.sealed_length);   // in place: the tag's room lies behind
    aead.seal(chunk.index, chunk_associated(place, chunk), sealed.first(chunk.sealed_length - kAeadTagSize), sealed);
  }
}

Bytes seal_directory(Aead& aead, const PackPlace& place, const std::vector<PackedChunk>& chunks) {
  const Bytes plain = write_directory(chunks);
  Bytes sealed(plain.size() + kAeadTagSize);
  aead.seal(kDirectoryCounter, directory_associated(place), plain, sealed);
  return sealed;
}

// All shards by index. Copies are one and the same span; only k > 1 has parity bytes of its own.
std::vector<ByteSpan> spread(const PackHeader& header, ByteSpan pack, Bytes& parity) {
  const Layout layout = header.layout;
  if (layout.data == 1) return std::vector<ByteSpan>(layout.count(), pack);
  std::vector<ByteSpan> shards;
  std::vector<MutableSpan> coded;
  for (unsigned i = 0; i < layout.data; ++i) shards.push_back(pack.subspan(i * header.shard_length, header.shard_length));
  parity.resize(layout.parity * header.shard_length);
  for (unsigned j = 0; j < layout.parity; ++j) coded.push_back(MutableSpan(parity).subspan(j * header.shard_length, header.shard_length));
  Erasure(layout).encode(shards, coded);
  shards.insert(shards.end(), coded.begin(), coded.end());
  return shards;
}

using Blocks = std::vector<std::vector<Digest>>;   // of each shard

Blocks digests_of(Layout layout, std::span<const ByteSpan> shards) {
  if (layout.data == 1) return Blocks(shards.size(), block_digests(shards.front()));
  Blocks blocks;
  for (const ByteSpan shard : shards) blocks.push_back(block_digests(shard));
  return blocks;
}

void name_pack(PackHeader& header, const Blocks& blocks) {
  std::vector<Digest> of_data;
  for (unsigned i = 0; i < header.layout.data; ++i) of_data.insert(of_data.end(), blocks[i].begin(), blocks[i].end());
  header.pack = pack_id(header.pack_length, of_data);
  for (const std::vector<Digest>& shard : blocks) header.shard_digests.push_back(shard_digest(header.shard_length, shard));
}

// Where a pack ends, padding follows, a sixty-fourth of it on average: from five eighths of the target on it ends where that is little, and the
// closer to five quarters the less is asked.
bool good_end(uint64_t length, uint64_t target) {
  const uint64_t from = target / 8 * 5, until = target + target / 4;
  if (length < from || length >= until) return length >= until;
  const double gone = static_cast<double>(length - from) / static_cast<double>(until - from);
  const double padding_max = static_cast<double>(length) / 64 * (0.125 + gone / 2);
  return static_cast<double>(padded_length(length) - length) <= padding_max;
}

void require(const Result<void>& proof) {
  if (!proof) throw proof.error();
}

}  // namespace

PackBytes::~PackBytes() {
  if (!home) return;
  home->packs.give(std::move(pack));
  home->parities.give(std::move(parity));
}

PackBytes& PackBytes::operator=(PackBytes&& other) noexcept {   // what was here ends with `other`
  std::swap(pack, other.pack), std::swap(parity, other.parity), std::swap(home, other.home);
  return *this;
}

PackWriter::PackWriter(PackSettings settings, const PackKeys& keys, const SigningKey& signer, Random& random)
    : settings_(settings), keys_(&keys), signer_(&signer), random_(&random) {
  SK_CHECK(settings.layout.valid() && settings.target <= kPackLengthMax / 2);
}

const PackedChunk& PackWriter::add(const ChunkId& id, uint32_t plain_length, const Compressor::Compressed& compressed) {
  const ByteSpan bytes = compressed.bytes;
  SK_CHECK(!full() && plain_length <= kChunkLengthMax && bytes.size() <= kChunkLengthMax);
  PackedChunk chunk;
  chunk.id = id;
  chunk.index = static_cast<uint32_t>(chunks_.size());
  chunk.offset = static_cast<uint32_t>(pack_.size());
  chunk.sealed_length = static_cast<uint32_t>(bytes.size() + kAeadTagSize);
  chunk.plain_length = plain_length;
  chunk.codec = compressed.codec;
  if (empty()) begin_pack();
  content_.add(chunk, compressed.hash);
  append(pack_, bytes);
  pack_.resize(pack_.size() + kAeadTagSize);
  hashes_.push_back(compressed.hash);
  return chunks_.emplace_back(chunk);
}

void PackWriter::begin_pack() {
  pack_ = buffers_->packs.take();
  pack_.clear();
  pack_.reserve(settings_.target + settings_.target / 2 + settings_.target / 16);   // the last chunk and the padding, too
}

bool PackWriter::full() const {
  return chunks_.size() >= kPackChunksMax || good_end(pack_.size() + kDirectoryRoom + chunks_.size() * kDirectoryRowMax, settings_.target);
}

PackWriter::Added PackWriter::take() {
  SK_CHECK(!empty());
  return {std::exchange(chunks_, {}), std::exchange(hashes_, {}), content_.finish(), random_->id<PackSalt>(), std::exchange(pack_, {})};
}

SealedPack PackWriter::seal(Added added) const {
  SealedPack sealed;
  sealed.chunks = std::move(added.chunks);
  sealed.pack = std::move(added.pack);
  sealed.parity = buffers_->parities.take();
  sealed.home = buffers_;
  sealed.header.salt = added.salt;
  sealed.header.content_digest = added.content_digest;
  seal_pack(sealed);
  const std::vector<ByteSpan> shards = spread(sealed.header, sealed.pack, sealed.parity);
  const Blocks blocks = digests_of(sealed.header.layout, shards);
  name_pack(sealed.header, blocks);
  sealed.header_object = write_pack_header(sealed.header, *signer_);
  require(prove_opens(sealed.header, *keys_, {sealed.chunks, added.hashes}, sealed.pack));
  require(prove_rebuilds(sealed.header.layout, shards));
  for (size_t i = 0; i < shards.size(); ++i)
    sealed.shards.push_back({write_shard_head(static_cast<uint8_t>(i), sealed.header_object, blocks[i]), shards[i]});
  return sealed;
}

// Content key, sealed chunks, directory, padding; all of the header but the digests of shards and the id.
void PackWriter::seal_pack(SealedPack& sealed) const {
  PackHeader& header = sealed.header;
  const PackPlace place{settings_.vault, settings_.epoch, settings_.kind};
  header.vault = place.vault, header.epoch = place.epoch, header.kind = place.kind;
  Aead aead(content_key(*keys_, header.salt, header.content_digest));
  seal_content(aead, place, sealed.chunks, sealed.pack);
  const Bytes directory = seal_directory(aead, place, sealed.chunks);
  header.directory_offset = sealed.pack.size();
  header.directory_length = static_cast<uint32_t>(directory.size());
  append(sealed.pack, directory);
  const PackLengths lengths = pack_lengths(sealed.pack.size(), settings_.layout);
  header.layout = lengths.layout, header.pack_length = lengths.pack, header.shard_length = lengths.shard;
  sealed.pack.resize(lengths.pack);
}

}  // namespace sparekeep
