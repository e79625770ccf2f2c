#include "inventory/master/delegation.h"

#include <algorithm>

#include "lib/crypt/remembered.h"
#include "lib/vault/prelude.h"

namespace sparekeep {

namespace {

constexpr size_t kDelegationsKnown = 16;
constexpr std::string_view kDomain = "sparekeep delegation v1";
constexpr size_t kAuthorityMax = 16 * 1024;
constexpr uint8_t kModes = 2;

template <typename Key>
void write_keys(ByteWriter& writer, const std::vector<Key>& keys, size_t keys_max) {
  SK_CHECK(keys.size() <= keys_max);
  writer.varint(keys.size());
  for (const Key& key : keys) writer.raw(key.bytes());
}

template <typename Key>
std::vector<Key> read_keys(ByteReader& reader, size_t keys_max) {
  std::vector<Key> keys;
  const uint64_t count = reader.varint(keys_max);
  for (uint64_t i = 0; i < count && reader.ok(); ++i) keys.push_back(Key::read(reader));
  return keys;
}

EscrowMode read_mode(ByteReader& reader) {
  const uint8_t mode = reader.u8();
  if (mode == 0 || mode > kModes) reader.fail();
  return static_cast<EscrowMode>(mode);
}

Delegation read_fields(ByteReader& reader) {
  Delegation out;
  out.root = PublicKey::read(reader);
  out.epoch = reader.u32();
  out.issued = Time{reader.i64()};
  out.authority_pem = reader.text(kAuthorityMax);
  out.master_signer = PublicKey::read(reader);
  out.escrow = RecipientKey::read(reader);
  out.catalogue = RecipientKey::read(reader);
  out.mode = read_mode(reader);
  out.recovery = read_keys<RecipientKey>(reader, kRecoveryRecipientsMax);
  out.admins = read_keys<PublicKey>(reader, kAdminKeysMax);
  return out;
}

Result<Delegation> read_new_delegation(ByteSpan object, const PublicKey& pinned_root) {
  ByteReader reader(object);
  if (const Result<void> prelude = read_prelude(reader, ObjectKind::delegation); !prelude) return prelude.error();
  Delegation out = read_fields(reader);
  const size_t signed_length = object.size() - reader.left();
  const Signature signature = Signature::read(reader);
  if (const Result<void> whole = reader.finish("delegation"); !whole) return whole.error();
  if (out.root != pinned_root) return Error(ErrorKind::denied, "delegation: made by root " + out.root.hex() + ", not by the pinned one");
  if (verify_signature(out.root, kDomain, object.first(signed_length), signature)) return out;
  return Error(ErrorKind::corrupt, "delegation: its signature does not verify");
}

}  // namespace

std::string_view name_of(EscrowMode mode) {
  switch (mode) {
    case EscrowMode::central: return "central";
    case EscrowMode::offline: return "offline";
  }
  return "?";
}

bool Delegation::has_admin(const PublicKey& key) const { return std::find(admins.begin(), admins.end(), key) != admins.end(); }

Bytes write_delegation(const Delegation& delegation, const SigningKey& root) {
  SK_CHECK(delegation.root == root.public_key() && delegation.authority_pem.size() <= kAuthorityMax);
  ByteWriter writer;
  write_prelude(writer, ObjectKind::delegation);
  writer.raw(delegation.root.bytes());
  writer.u32(delegation.epoch);
  writer.i64(delegation.issued.nanoseconds);
  writer.text(delegation.authority_pem);
  writer.raw(delegation.master_signer.bytes());
  writer.raw(delegation.escrow.bytes());
  writer.raw(delegation.catalogue.bytes());
  writer.u8(static_cast<uint8_t>(delegation.mode));
  write_keys(writer, delegation.recovery, kRecoveryRecipientsMax);
  write_keys(writer, delegation.admins, kAdminKeysMax);
  writer.raw(root.sign(kDomain, writer.bytes()).bytes());
  return writer.take();
}

// Every master file carries one, and it is mostly the same: what was good by this root stays so.
Result<Delegation> read_delegation(ByteSpan object, const PublicKey& pinned_root) {
  static Remembered<Delegation> known(kDelegationsKnown);
  const Digest key = Sha256().update(pinned_root.bytes()).update(object).finish();
  if (std::optional<Delegation> found = known.find(key)) return std::move(*found);
  Result<Delegation> read = read_new_delegation(object, pinned_root);
  if (read) known.keep(key, *read);
  return read;
}

}  // namespace sparekeep
