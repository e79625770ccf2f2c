#include "lib/vault/descriptor.h"

#include <bit>

#include "lib/crypt/digest.h"
#include "lib/vault/prelude.h"
#include "lib/vault/signed_object.h"

namespace sparekeep {

namespace {

constexpr std::string_view kDomain = "sparekeep vault descriptor v1";
constexpr std::string_view kVaultIdDomain{"sparekeep vault id v1\0", 22};
constexpr uint8_t kGear = 1, kSha256 = 1, kAes256Gcm = 1;

bool sane(ChunkSizes sizes) {
  return sizes.minimum >= 1 && sizes.minimum <= sizes.average && sizes.average <= sizes.maximum &&
         sizes.maximum <= kChunkLengthMax && std::has_single_bit(sizes.average) && sizes.average >= 16;
}

Result<void> check_algorithms(uint8_t splitter, uint8_t hash, uint8_t aead) {
  if (splitter == kGear && hash == kSha256 && aead == kAes256Gcm) return {};
  return Error(ErrorKind::unsupported, "vault descriptor names splitter " + std::to_string(splitter) + ", hash " + std::to_string(hash) +
                                           ", AEAD " + std::to_string(aead) + ", this program knows 1, 1, 1");
}

}  // namespace

VaultId vault_id_of(const HostId& owner, const PublicKey& signer) {
  const Digest digest = Sha256().update(as_bytes(kVaultIdDomain)).update(owner.bytes()).update(signer.bytes()).finish();
  return VaultId::from(digest.bytes().first(VaultId::kSize));
}

Bytes write_descriptor(const VaultDescriptor& descriptor, const SigningKey& signer) {
  SK_CHECK(descriptor.signer == signer.public_key() && sane(descriptor.sizes));
  SK_CHECK(descriptor.vault == vault_id_of(descriptor.owner, descriptor.signer));
  ByteWriter writer;
  write_prelude(writer, ObjectKind::vault_descriptor);
  writer.raw(descriptor.vault.bytes());
  writer.u32(descriptor.epoch);
  writer.raw(descriptor.owner.bytes());
  writer.i64(descriptor.created.nanoseconds);
  for (const uint32_t size : {descriptor.sizes.minimum, descriptor.sizes.average, descriptor.sizes.maximum}) writer.u32(size);
  for (const uint8_t algorithm : {kGear, kSha256, kAes256Gcm}) writer.u8(algorithm);
  writer.raw(descriptor.signer.bytes());
  return sign_object(writer, kDomain, signer);
}

Result<VaultDescriptor> read_descriptor(ByteSpan object) {
  ByteReader reader(object);
  if (Result<void> prelude = read_prelude(reader, ObjectKind::vault_descriptor); !prelude) return prelude.error();
  VaultDescriptor descriptor;
  descriptor.vault = VaultId::read(reader);
  descriptor.epoch = reader.u32();
  descriptor.owner = HostId::read(reader);
  descriptor.created.nanoseconds = reader.i64();
  for (uint32_t* size : {&descriptor.sizes.minimum, &descriptor.sizes.average, &descriptor.sizes.maximum}) *size = reader.u32();
  const uint8_t splitter = reader.u8(), hash = reader.u8(), aead = reader.u8();
  descriptor.signer = PublicKey::read(reader);
  reader.raw(kSignatureSize);
  if (Result<void> end = reader.finish("vault descriptor"); !end) return end.error();
  if (!verify_object(object, kDomain, descriptor.signer))
    return Error(ErrorKind::corrupt, "vault descriptor is not signed by the key that it names");
  if (descriptor.vault != vault_id_of(descriptor.owner, descriptor.signer))
    return Error(ErrorKind::corrupt, "vault descriptor names vault " + descriptor.vault.hex() + ", which is not that of its owner and signer");
  if (Result<void> known = check_algorithms(splitter, hash, aead); !known) return known.error();
  if (!sane(descriptor.sizes)) return Error(ErrorKind::corrupt, "vault descriptor has impossible chunk sizes");
  return descriptor;
}

}  // namespace sparekeep
