#include "lib/vault/pack_seal.h"

#include "lib/crypt/mac.h"
#include "lib/vault/prelude.h"

namespace sparekeep {

namespace {

constexpr std::string_view kContentDomain{"sparekeep pack content v1\0", 26};
constexpr std::string_view kChunkDomain{"sparekeep chunk v1\0", 19};
constexpr std::string_view kDirectoryDomain{"sparekeep pack directory v1\0", 28};

void write_place(ByteWriter& writer, const PackPlace& place) {
  writer.raw(place.vault.bytes());
  writer.u32(place.epoch);
  writer.u8(static_cast<uint8_t>(place.kind));
}

bool known(Codec codec) { return codec == Codec::stored || codec == Codec::zstd; }

// A row that can be true: its chunk lies before `content_length` and has a length that readers take.
bool possible(const PackedChunk& chunk, uint64_t content_length) {
  return known(chunk.codec) && chunk.sealed_length >= kAeadTagSize && chunk.plain_length <= kChunkLengthMax &&
         uint64_t{chunk.offset} + chunk.sealed_length <= content_length;
}

}  // namespace

ContentDigest::ContentDigest() { sha256_.update(as_bytes(kContentDomain)); }

void ContentDigest::add(const PackedChunk& chunk, uint64_t proof) {
  ByteWriter writer;
  writer.raw(chunk.id.bytes());
  writer.u8(static_cast<uint8_t>(chunk.codec));
  writer.u32(chunk.plain_length);
  writer.u32(chunk.sealed_length - static_cast<uint32_t>(kAeadTagSize));
  writer.u64(proof);
  sha256_.update(writer.bytes());
}

Digest ContentDigest::finish() {
  const Digest digest = sha256_.finish();
  sha256_.update(as_bytes(kContentDomain));
  return digest;
}

Secret content_key(const PackKeys& keys, const PackSalt& salt, const Digest& content_digest) {
  Bytes info;
  append(info, as_bytes(kContentDomain));
  append(info, content_digest.bytes());
  return hkdf_sha256(keys.pack_key, salt.bytes(), ByteSpan(info), kAeadKeySize);
}

Bytes chunk_associated(const PackPlace& place, const PackedChunk& chunk) {
  ByteWriter writer;
  writer.raw(as_bytes(kChunkDomain));
  write_place(writer, place);
  writer.u32(chunk.index);
  writer.raw(chunk.id.bytes());
  writer.u8(static_cast<uint8_t>(chunk.codec));
  writer.u32(chunk.plain_length);
  return writer.take();
}

Bytes directory_associated(const PackPlace& place) {
  ByteWriter writer;
  writer.raw(as_bytes(kDirectoryDomain));
  write_place(writer, place);
  return writer.take();
}

Bytes write_directory(const std::vector<PackedChunk>& chunks) {
  ByteWriter writer;
  write_prelude(writer, ObjectKind::pack_directory);
  writer.varint(chunks.size());
  for (const PackedChunk& chunk : chunks) {
    writer.raw(chunk.id.bytes());
    writer.u8(static_cast<uint8_t>(chunk.codec));
    writer.varint(chunk.plain_length);
    writer.varint(chunk.offset);
    writer.varint(chunk.sealed_length);
  }
  return writer.take();
}

Result<std::vector<PackedChunk>> read_directory(ByteSpan object, uint64_t content_length) {
  ByteReader reader(object);
  if (Result<void> prelude = read_prelude(reader, ObjectKind::pack_directory); !prelude) return prelude.error();
  std::vector<PackedChunk> chunks;
  const uint64_t count = reader.varint(kPackChunksMax);
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    PackedChunk chunk;
    chunk.index = i;
    chunk.id = ChunkId::read(reader);
    chunk.codec = static_cast<Codec>(reader.u8());
    chunk.plain_length = static_cast<uint32_t>(reader.varint(kChunkLengthMax));
    chunk.offset = static_cast<uint32_t>(reader.varint(kPackLengthMax));
    chunk.sealed_length = static_cast<uint32_t>(reader.varint(kPackLengthMax));
    if (!possible(chunk, content_length)) reader.fail();
    chunks.push_back(chunk);
  }
  if (Result<void> end = reader.finish("pack directory"); !end) return end.error();
  return chunks;
}

}  // namespace sparekeep
