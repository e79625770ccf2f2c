#include "lib/vault/snapshot_record.h"

#include <charconv>

#include "lib/base/text.h"
#include "lib/crypt/aead.h"
#include "lib/crypt/digest.h"
#include "lib/crypt/mac.h"
#include "lib/vault/prelude.h"
#include "lib/vault/public_section.h"
#include "lib/vault/vault_part.h"

namespace sparekeep {

namespace {

constexpr std::string_view kRecordDomain = "sparekeep snapshot record v1";
constexpr std::string_view kSecondKeyDomain = "sparekeep second metadata key v1";
constexpr std::string_view kSecondDomain = "sparekeep second metadata v1";
constexpr std::string_view kVaultPartDomain = "sparekeep vault part v1";
constexpr size_t kBoxSize = kAeadKeySize + kSealedBoxOverhead;
constexpr size_t kSaltSize = 32;

Bytes joined(std::string_view domain, ByteSpan rest) {
  Bytes bytes(domain.begin(), domain.end());
  bytes.push_back(0);
  append(bytes, rest);
  return bytes;
}

Bytes seal(const Secret& key, ByteSpan associated, ByteSpan plain) {
  Bytes sealed(plain.size() + kAeadTagSize);
  Aead(key).seal(0, associated, plain, sealed);
  return sealed;
}

Result<Bytes> open(const Secret& key, ByteSpan associated, ByteSpan sealed) {
  if (sealed.size() < kAeadTagSize) return Error(ErrorKind::corrupt, "it is too short");
  Bytes plain(sealed.size() - kAeadTagSize);
  if (Result<void> opened = Aead(key).open(0, associated, sealed, plain); !opened) return opened.error();
  return plain;
}

// Both parts are sealed with a key that all of their bytes go into: should a machine's random state repeat, no key and counter
// meet two contents.
Secret second_key(const Secret& content_key, const Digest& check) {
  return hkdf_sha256(content_key, check.bytes(), ByteSpan(joined(kSecondDomain, {})), kAeadKeySize);
}

Bytes write_second(const SnapshotDraft& draft, ByteSpan public_bytes, Random& random) {
  SK_CHECK(!draft.recipients.empty() && draft.recipients.size() <= kRecordRecipientsMax);
  SK_CHECK(draft.second.size() <= kSecondMetadataBytesMax);
  Secret key{Bytes(kAeadKeySize)};
  random.fill(key.reveal_mutable());
  ByteWriter writer;
  writer.varint(draft.recipients.size());
  for (const RecipientKey& recipient : draft.recipients) {
    writer.raw(recipient.bytes());
    writer.raw(seal_to(recipient, joined(kSecondKeyDomain, public_bytes), key.reveal(), random));
  }
  const Digest check = hmac_sha256(key, as_bytes(draft.second));
  writer.raw(check.bytes());
  writer.raw(seal(second_key(key, check), joined(kSecondDomain, public_bytes), as_bytes(draft.second)));
  return writer.take();
}

Secret vault_part_key(const MetadataKeys& keys, ByteSpan salt, ByteSpan check) {
  return hkdf_sha256(keys.record_key(), salt, ByteSpan(joined(kVaultPartDomain, check)), kAeadKeySize);
}

Bytes write_vault_section(const VaultPart& part, const MetadataKeys& keys, ByteSpan public_bytes, Random& random) {
  const Bytes plain = write_vault_part(part);
  const Digest check = hmac_sha256(keys.record_key(), plain);
  Bytes section(kSaltSize);
  random.fill(section);
  const Secret key = vault_part_key(keys, section, check.bytes());
  append(section, check.bytes());
  append(section, seal(key, joined(kVaultPartDomain, public_bytes), plain));
  return section;
}

struct Sections {
  ByteSpan open, second, vault;
  Signature signature;
};

Result<Sections> split(ByteSpan object) {
  if (object.size() > kRecordBytesMax) return Error(ErrorKind::corrupt, "the snapshot record is too long");
  ByteReader reader(object);
  if (Result<void> prelude = read_prelude(reader, ObjectKind::snapshot_record); !prelude) return prelude.error();
  const uint32_t open_length = reader.u32(), second_length = reader.u32(), vault_length = reader.u32();
  Sections sections;
  sections.open = reader.raw(open_length);
  sections.second = reader.raw(second_length);
  sections.vault = reader.raw(vault_length);
  sections.signature = Signature::read(reader);
  if (Result<void> end = reader.finish("the snapshot record"); !end) return end.error();
  return sections;
}

Result<std::vector<RecipientKey>> read_recipients(ByteSpan second) {
  ByteReader reader(second);
  std::vector<RecipientKey> recipients;
  const uint64_t count = reader.varint(kRecordRecipientsMax);
  if (count == 0) reader.fail();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    recipients.push_back(RecipientKey::read(reader));
    reader.raw(kBoxSize);
  }
  reader.raw(Digest::kSize);
  if (reader.left() < kAeadTagSize || reader.left() > kSecondMetadataBytesMax + kAeadTagSize) reader.fail();
  if (!reader.ok()) return Error(ErrorKind::corrupt, "the second section of the record is truncated or holds an impossible value");
  return recipients;
}

}  // namespace

std::string_view name_of(const SnapshotState& state) { return state.degraded ? "degraded" : state.partial ? "partial" : "complete"; }

Bytes write_snapshot_record(const SnapshotDraft& draft, const MetadataKeys& keys, const SigningKey& signer, Random& random) {
  const Bytes open_bytes = write_public_section(draft.public_section);
  const Bytes second = write_second(draft, open_bytes, random);
  const Bytes vault = write_vault_section(draft.vault_part, keys, open_bytes, random);
  ByteWriter writer;
  write_prelude(writer, ObjectKind::snapshot_record);
  for (const Bytes* section : {&open_bytes, &second, &vault}) writer.u32(static_cast<uint32_t>(section->size()));
  for (const Bytes* section : {&open_bytes, &second, &vault}) writer.raw(*section);
  writer.raw(signer.sign(kRecordDomain, writer.bytes()).bytes());
  if (writer.size() > kRecordBytesMax)
    throw Error(ErrorKind::failed, "the snapshot record is over " + std::to_string(kRecordBytesMax) + " bytes");
  return writer.take();
}

Result<PublicSection> SnapshotRecord::parse_public(ByteSpan object) {
  Result<Sections> sections = split(object);
  if (!sections) return sections.error();
  return read_public_section(sections->open);
}

Result<SnapshotRecord> SnapshotRecord::read(Bytes object, const PublicKey& signer) {
  SnapshotRecord record;
  record.object_ = std::move(object);
  const ByteSpan bytes(record.object_);
  Result<Sections> sections = split(bytes);
  if (!sections) return sections.error();
  if (!verify_signature(signer, kRecordDomain, bytes.first(bytes.size() - Signature::kSize), sections->signature))
    return Error(ErrorKind::corrupt, "the snapshot record is not signed by the vault's signer");
  Result<PublicSection> open_section = read_public_section(sections->open);
  if (!open_section) return open_section.error();
  Result<std::vector<RecipientKey>> recipients = read_recipients(sections->second);
  if (!recipients) return recipients.error();
  record.public_section_ = std::move(*open_section);
  record.recipients_ = std::move(*recipients);
  record.digest_ = sha256(bytes);
  record.public_bytes_ = sections->open;
  record.second_bytes_ = sections->second;
  record.vault_bytes_ = sections->vault;
  return record;
}

Result<std::string> SnapshotRecord::open_second(const OpeningKey& key) const {
  ByteReader reader(second_bytes_);
  ByteSpan box;
  const uint64_t count = reader.varint(kRecordRecipientsMax);
  for (uint64_t i = 0; i < count; ++i) {
    const bool mine = RecipientKey::read(reader) == key.recipient();
    const ByteSpan one = reader.raw(kBoxSize);
    if (mine) box = one;
  }
  const Digest check = Digest::read(reader);
  if (box.empty()) return Error(ErrorKind::denied, "the second metadata is sealed to others");
  Result<Secret> content_key = key.open(joined(kSecondKeyDomain, public_bytes_), box);
  if (!content_key) return content_key.error().during("second metadata");
  Result<Bytes> plain = open(second_key(*content_key, check), joined(kSecondDomain, public_bytes_), reader.rest());
  if (!plain) return plain.error().during("second metadata");
  if (!same_secret(hmac_sha256(*content_key, *plain).bytes(), check.bytes()))
    return Error(ErrorKind::corrupt, "the second metadata is not what its check says");
  return std::string(as_text(*plain));
}

Result<VaultPart> SnapshotRecord::open_vault_part(const MetadataKeys& keys) const {
  ByteReader reader(vault_bytes_);
  const ByteSpan salt = reader.raw(kSaltSize);
  const Digest check = Digest::read(reader);
  const ByteSpan sealed = reader.rest();
  const Secret key = vault_part_key(keys, salt, check.bytes());
  Result<Bytes> plain = open(key, joined(kVaultPartDomain, public_bytes_), sealed);
  if (!plain)
    return Error(ErrorKind::denied, "the vault part of the record does not open: it is another vault's key, or the record was altered");
  if (!same_secret(hmac_sha256(keys.record_key(), *plain).bytes(), check.bytes()))
    return Error(ErrorKind::corrupt, "the vault part of the record is not what its check says");
  return read_vault_part(*plain);
}

std::string record_name(const SnapshotId& snapshot, uint32_t revision) { return snapshot.hex() + "." + std::to_string(revision); }

Result<RecordName> parse_record_name(std::string_view name) {
  const size_t dot = name.find('.');
  RecordName parsed;
  if (dot != std::string_view::npos) {
    const std::string_view number = name.substr(dot + 1);
    const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), parsed.revision);
    const Result<SnapshotId> snapshot = SnapshotId::parse(name.substr(0, dot));
    if (snapshot) parsed.snapshot = *snapshot;
    if (snapshot && fault == std::errc() && record_name(parsed.snapshot, parsed.revision) == name) return parsed;
  }
  return Error(ErrorKind::corrupt, in_quotes(name) + " is no name of a record; expected SNAPSHOT.REVISION");
}

}  // namespace sparekeep
