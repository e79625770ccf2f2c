#include "lib/vault/key_record.h"

#include <algorithm>

#include "lib/vault/prelude.h"
#include "lib/vault/signed_object.h"

namespace sparekeep {

namespace {

constexpr std::string_view kDomain = "sparekeep key record v1";
constexpr std::string_view kVaultKeyBox = "sparekeep vault key v1", kMetadataKeyBox = "sparekeep metadata key v1";
constexpr size_t kBoxSize = kVaultKeySize + kSealedBoxOverhead;

bool known(RecipientRole role) {
  return role == RecipientRole::escrow || role == RecipientRole::recovery || role == RecipientRole::host;
}

Result<void> check_recipients(const std::vector<Recipient>& recipients) {
  if (recipients.size() < kRecipientsMin || recipients.size() > kRecipientsMax)
    return Error(ErrorKind::denied, "a key record with " + std::to_string(recipients.size()) + " recipients is refused, expected " +
                                        std::to_string(kRecipientsMin) + " to " + std::to_string(kRecipientsMax));
  for (auto it = recipients.begin(); it != recipients.end(); ++it) {
    const bool twice = std::any_of(recipients.begin(), it, [&](const Recipient& other) { return other.key == it->key; });
    if (twice) return Error(ErrorKind::denied, "a key record that names the recipient '" + it->key.hex() + "' twice is refused");
  }
  return {};
}

Bytes box_associated(std::string_view domain, ByteSpan before_boxes) {
  Bytes associated;
  append(associated, as_bytes(domain));
  associated.push_back(0);
  append(associated, before_boxes);
  return associated;
}

void write_facts(ByteWriter& writer, const KeyRecordFacts& facts, const Digest& key_check) {
  write_prelude(writer, ObjectKind::key_record);
  writer.raw(facts.vault.bytes());
  writer.u32(facts.epoch);
  writer.i64(facts.created.nanoseconds);
  writer.raw(key_check.bytes());
  writer.varint(facts.recipients.size());
  for (const Recipient& recipient : facts.recipients) {
    writer.u8(static_cast<uint8_t>(recipient.role));
    writer.raw(recipient.key.bytes());
  }
}

void read_recipients(ByteReader& reader, std::vector<Recipient>& recipients) {
  const uint64_t count = reader.varint(kRecipientsMax);
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    Recipient recipient;
    recipient.role = static_cast<RecipientRole>(reader.u8());
    recipient.key = RecipientKey::read(reader);
    if (!known(recipient.role)) reader.fail();
    recipients.push_back(recipient);
  }
}

Error other_key() { return Error(ErrorKind::corrupt, "key record holds another key than its key check says"); }

}  // namespace

Result<Bytes> make_key_record(const KeyRecordFacts& facts, const VaultKeys& keys, const SigningKey& signer, Random& random) {
  if (Result<void> checked = check_recipients(facts.recipients); !checked) return checked.error();
  ByteWriter writer;
  write_facts(writer, facts, keys.key_check());
  const Bytes vault_key_bound = box_associated(kVaultKeyBox, writer.bytes());
  const Bytes metadata_key_bound = box_associated(kMetadataKeyBox, writer.bytes());
  for (const Recipient& recipient : facts.recipients) {
    writer.raw(seal_to(recipient.key, vault_key_bound, keys.vault_key().reveal(), random));
    writer.raw(seal_to(recipient.key, metadata_key_bound, keys.metadata().metadata_key().reveal(), random));
  }
  return sign_object(writer, kDomain, signer);
}

Result<KeyRecord> KeyRecord::read(ByteSpan object, const PublicKey& signer) {
  ByteReader reader(object);
  if (Result<void> prelude = read_prelude(reader, ObjectKind::key_record); !prelude) return prelude.error();
  KeyRecord record;
  record.facts_.vault = VaultId::read(reader);
  record.facts_.epoch = reader.u32();
  record.facts_.created.nanoseconds = reader.i64();
  record.key_check_ = Digest::read(reader);
  read_recipients(reader, record.facts_.recipients);
  record.boxes_at_ = object.size() - reader.left();
  reader.raw(2 * kBoxSize * record.facts_.recipients.size());
  reader.raw(kSignatureSize);
  if (Result<void> end = reader.finish("key record"); !end) return end.error();
  if (!verify_object(object, kDomain, signer)) return Error(ErrorKind::corrupt, "key record is not signed by the vault's signer");
  if (Result<void> checked = check_recipients(record.facts_.recipients); !checked) return checked.error();
  record.object_.assign(object.begin(), object.end());
  return record;
}

Result<Secret> KeyRecord::open_box(const OpeningKey& key, size_t which, std::string_view domain) const {
  const std::vector<Recipient>& recipients = facts_.recipients;
  const auto it = std::find_if(recipients.begin(), recipients.end(), [&](const Recipient& r) { return r.key == key.recipient(); });
  if (it == recipients.end())
    return Error(ErrorKind::denied, "the key '" + key.recipient().hex() + "' is no recipient of this key record");
  const ByteSpan object(object_);
  const size_t number = 2 * static_cast<size_t>(it - recipients.begin()) + which;
  const ByteSpan box = object.subspan(boxes_at_ + number * kBoxSize, kBoxSize);
  return during("key record", key.open(box_associated(domain, object.first(boxes_at_)), box));
}

Result<VaultKeys> KeyRecord::open(const OpeningKey& key) const {
  Result<Secret> vault_key = open_box(key, 0, kVaultKeyBox);
  if (!vault_key) return vault_key.error();
  Result<Secret> metadata_key = open_box(key, 1, kMetadataKeyBox);
  if (!metadata_key) return metadata_key.error();
  VaultKeys keys(facts_.vault, std::move(*vault_key));
  const bool same = keys.key_check() == key_check_ && same_secret(metadata_key->reveal(), keys.metadata().metadata_key().reveal());
  if (!same) return other_key();
  return keys;
}

Result<MetadataKeys> KeyRecord::open_metadata(const OpeningKey& key) const {
  Result<Secret> metadata_key = open_box(key, 1, kMetadataKeyBox);
  if (!metadata_key) return metadata_key.error();
  return MetadataKeys(facts_.vault, std::move(*metadata_key));
}

}  // namespace sparekeep
