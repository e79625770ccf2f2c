#include "lib/vault/pack_header.h"

#include <algorithm>

#include "lib/vault/prelude.h"
#include "lib/vault/signed_object.h"

namespace sparekeep {

namespace {

constexpr std::string_view kDomain = "sparekeep pack header v1";

// A pack of k > 1 is made of whole blocks; a pack of copies has any length.
bool lengths_fit(const PackHeader& header) {
  const bool stripes = header.layout.data == 1 || header.shard_length % kBlockSize == 0;
  return header.pack_length > 0 && header.pack_length <= kPackLengthMax && stripes &&
         header.shard_length <= kPackLengthMax && header.shard_length * header.layout.data == header.pack_length;
}

bool directory_fits(const PackHeader& header) {
  return header.directory_offset <= header.pack_length && header.directory_length <= header.pack_length - header.directory_offset;
}

bool known(PackKind kind) { return kind == PackKind::data || kind == PackKind::metadata; }

}  // namespace

Bytes write_pack_header(const PackHeader& header, const SigningKey& signer) {
  SK_CHECK(header.layout.valid() && lengths_fit(header) && directory_fits(header));
  SK_CHECK(header.shard_digests.size() == header.layout.count());
  ByteWriter writer;
  write_prelude(writer, ObjectKind::pack_header);
  writer.raw(header.vault.bytes());
  writer.u32(header.epoch);
  writer.raw(header.pack.bytes());
  writer.u8(static_cast<uint8_t>(header.kind));
  writer.u8(header.layout.data);
  writer.u8(header.layout.parity);
  writer.u64(header.pack_length);
  writer.u64(header.shard_length);
  writer.raw(header.salt.bytes());
  writer.raw(header.content_digest.bytes());
  writer.u64(header.directory_offset);
  writer.u32(header.directory_length);
  for (const Digest& digest : header.shard_digests) writer.raw(digest.bytes());
  return sign_object(writer, kDomain, signer);
}

Result<PackHeader> parse_pack_header(ByteSpan object) {
  ByteReader reader(object);
  if (Result<void> prelude = read_prelude(reader, ObjectKind::pack_header); !prelude) return prelude.error();
  PackHeader header;
  header.vault = VaultId::read(reader);
  header.epoch = reader.u32();
  header.pack = PackId::read(reader);
  header.kind = static_cast<PackKind>(reader.u8());
  header.layout.data = reader.u8();
  header.layout.parity = reader.u8();
  header.pack_length = reader.u64();
  header.shard_length = reader.u64();
  header.salt = PackSalt::read(reader);
  header.content_digest = Digest::read(reader);
  header.directory_offset = reader.u64();
  header.directory_length = reader.u32();
  if (!header.layout.valid() || !known(header.kind)) reader.fail();
  for (unsigned i = 0; i < header.layout.count() && reader.ok(); ++i) header.shard_digests.push_back(Digest::read(reader));
  reader.raw(kSignatureSize);
  if (Result<void> end = reader.finish("pack header"); !end) return end.error();
  if (!lengths_fit(header) || !directory_fits(header))
    return Error(ErrorKind::corrupt, "pack header has lengths that do not fit each other");
  return header;
}

Result<PackHeader> read_pack_header(ByteSpan object, const PublicKey& signer) {
  Result<PackHeader> header = parse_pack_header(object);
  if (header && !verify_object(object, kDomain, signer))
    return Error(ErrorKind::corrupt, "pack header is not signed by the vault's signer");
  return header;
}

std::vector<PackSlice> slices_of(uint64_t shard_length, uint64_t offset, uint64_t length) {
  SK_CHECK(shard_length > 0);
  std::vector<PackSlice> slices;
  while (length > 0) {
    const uint64_t inside = offset % shard_length, part = std::min(length, shard_length - inside);
    slices.push_back({static_cast<unsigned>(offset / shard_length), inside, part});
    offset += part, length -= part;
  }
  return slices;
}

}  // namespace sparekeep
