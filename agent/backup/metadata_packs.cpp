#include "agent/backup/metadata_packs.h"

namespace sparekeep::agent {

namespace {

constexpr Compression kMetadataCompression{.on = true, .level = 3};

}  // namespace

MetadataPacks::MetadataPacks(const PackSettings& settings, const MetadataKeys& keys, const SigningKey& signer, Random& random,
                             Uploader& uploader)
    : namer_(keys.packs()), compressor_(kMetadataCompression), writer_(settings, keys.packs(), signer, random), uploader_(uploader) {}

void MetadataPacks::reuse(const std::vector<ChunkRef>& places, std::vector<PackEntry> packs, const std::unordered_set<PackId>& given_up) {
  packs_ = PackList(std::move(packs));
  for (const ChunkRef& place : places)
    if (place.pack < packs_.entries().size() && !given_up.contains(packs_.entries()[place.pack].pack)) known_.try_emplace(place.id, place);
}

size_t MetadataPacks::put(ByteSpan plain) {
  const ChunkId id = namer_.id_of(plain);
  const size_t ticket = references_.size();
  if (const auto found = known_.find(id); found != known_.end()) {
    references_.push_back(found->second);
    return ticket;
  }
  references_.emplace_back();
  std::vector<size_t>& waiting = waiting_[id];
  waiting.push_back(ticket);
  if (waiting.size() > 1) return ticket;          // the same chunk again: it is in a pack under way
  if (writer_.full()) flush();
  writer_.add(id, static_cast<uint32_t>(plain.size()), compressor_.compress(plain));
  return ticket;
}

void MetadataPacks::flush() {
  if (!writer_.empty()) uploader_.put(writer_.close());
}

void MetadataPacks::set_pack(const StoredPack& pack) {
  const uint32_t number = packs_.add(pack.entry);
  for (const PackedChunk& chunk : pack.chunks) {
    const ChunkRef place{chunk.id, number, chunk.index, chunk.offset, chunk.sealed_length, chunk.plain_length, chunk.codec, 0};
    known_.insert_or_assign(chunk.id, place);
    for (const size_t ticket : waiting_[chunk.id]) references_[ticket] = place;
    waiting_.erase(chunk.id);
  }
}

const ChunkRef& MetadataPacks::reference(size_t ticket) const {
  SK_CHECK(waiting_.empty());
  return references_.at(ticket);
}

PackList MetadataPacks::packs_in_use() const {
  std::vector<bool> needed(packs_.entries().size());
  for (const ChunkRef& reference : references_) needed.at(reference.pack) = true;
  PackList in_use = packs_;
  for (uint32_t number = 0; number < needed.size(); ++number)
    if (!needed[number] && !packs_.entries()[number].unused()) in_use.remove(number);
  return in_use;
}

}  // namespace sparekeep::agent
