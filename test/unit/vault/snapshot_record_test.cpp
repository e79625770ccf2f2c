// The snapshot record: three parts, each for whom it is for; golden bytes; every flip and truncation refused.
#include "lib/vault/snapshot_record.h"

#include "lib/crypt/digest.h"
#include "test/support/catch.h"
#include "test/support/golden.h"

using namespace sparekeep;

namespace {

Secret key_of(uint8_t byte) { return Secret(Bytes(32, byte)); }

ChunkRef reference_of(uint32_t number) {
  ChunkRef ref;
  ref.id = ChunkId::from(sha256(as_bytes(std::to_string(number))).bytes());
  ref.pack = number;
  ref.index = number + 1;
  ref.offset = 1000 * number;
  ref.plain_length = 5000;
  ref.sealed_length = 4000;
  ref.codec = Codec::zstd;
  return ref;
}

struct World {
  SeededRandom random{7};
  SigningKey signer{key_of(1)};
  OpeningKey central{key_of(2)}, recovery{key_of(3)}, stranger{key_of(4)};
  VaultId vault = random.id<VaultId>();
  MetadataKeys keys{vault, key_of(5)};
  SnapshotDraft draft;

  World() {
    PublicSection& section = draft.public_section;
    section.vault = vault;
    section.snapshot = random.id<SnapshotId>();
    section.revision = 3;
    section.sequence = 41;
    section.previous = random.id<Digest>();
    section.host = random.id<HostId>();
    section.job = random.id<JobId>();
    section.run = random.id<RunId>();
    section.began = {1'700'000'000'000'000'000};
    section.ended = {1'700'000'100'000'000'000};
    section.state.partial = true;
    section.data_packs = {513, {random.id<Digest>(), random.id<Digest>()}};
    section.metadata_packs = {2, {random.id<Digest>()}};
    draft.second = R"({"format": 1, "job": "web"})";
    draft.recipients = {central.recipient(), recovery.recipient()};
    draft.vault_part = {3, 4711, 4097, {{"/", reference_of(0)}, {"/etc/b", reference_of(1)}}, {reference_of(2), reference_of(3)}};
  }
  Bytes write() { return write_snapshot_record(draft, keys, signer, random); }
};

std::string error_of(const Result<SnapshotRecord>& record) { return record ? "" : record.error().text(); }

}  // namespace

TEST_CASE("a list that names a block twice is refused: a block stands in one place alone") {
  World world;
  const Digest digest = world.random.id<Digest>();
  world.draft.public_section.data_packs = {513, {digest, digest}};
  CHECK(SnapshotRecord::parse_public(world.write()).error().kind() == ErrorKind::corrupt);
}

TEST_CASE("each part opens for whom it is for") {
  World world;
  const Bytes object = world.write();
  const SnapshotRecord record = SnapshotRecord::read(object, world.signer.public_key()).value();
  CHECK(record.public_section() == world.draft.public_section);
  CHECK(SnapshotRecord::parse_public(object).value() == world.draft.public_section);
  CHECK(record.digest() == sha256(object));
  CHECK(record.object() == object);
  CHECK(record.second_recipients() == world.draft.recipients);
  CHECK(record.open_second(world.central).value() == world.draft.second);
  CHECK(record.open_second(world.recovery).value() == world.draft.second);
  CHECK(record.open_second(world.stranger).error().text() == "the second metadata is sealed to others");
  CHECK(record.open_vault_part(world.keys).value() == world.draft.vault_part);
  const MetadataKeys others(world.vault, key_of(6));
  CHECK(record.open_vault_part(others).error().text() ==
        "the vault part of the record does not open: it is another vault's key, or the record was altered");
}

TEST_CASE("where random numbers repeat, two second metadata are not sealed with one key") {
  const auto sealed_second = [](const std::string& json) {  // the sealed JSON without its tag
    World world;
    world.draft.second = json;
    const Bytes object = world.write();
    const size_t open_length = object[16] | object[17] << 8, second_length = object[20] | object[21] << 8;
    const Bytes second(object.begin() + 28 + open_length, object.begin() + 28 + open_length + second_length);
    return Bytes(second.end() - 16 - json.size(), second.end() - 16);
  };
  const Bytes one = sealed_second("AAAAAAAAAAAAAAAA"), other = sealed_second("AAAAAAAAAAAAAAAB");
  CHECK_FALSE(std::equal(one.begin(), one.end() - 1, other.begin()));   // one key stream would give 15 bytes that are equal
}

TEST_CASE("a record moves without losing its parts") {
  World world;
  Result<SnapshotRecord> first = SnapshotRecord::read(world.write(), world.signer.public_key());
  std::vector<SnapshotRecord> records;
  records.push_back(std::move(*first));
  records.push_back(SnapshotRecord::read(world.write(), world.signer.public_key()).value());
  for (const SnapshotRecord& record : records) CHECK(record.open_vault_part(world.keys).value() == world.draft.vault_part);
}

TEST_CASE("an empty snapshot is a record, too") {
  World world;
  world.draft.vault_part = {};
  world.draft.public_section.data_packs = world.draft.public_section.metadata_packs = {};
  const SnapshotRecord record = SnapshotRecord::read(world.write(), world.signer.public_key()).value();
  CHECK(record.open_vault_part(world.keys).value() == VaultPart());
}

TEST_CASE("golden: a snapshot record from fixed keys") {
  World world;
  CHECK(golden_difference("snapshot_record", world.write()) == "");
  const SnapshotRecord record = SnapshotRecord::read(golden_bytes("snapshot_record"), world.signer.public_key()).value();
  CHECK(record.public_section() == world.draft.public_section);
  CHECK(record.open_second(world.central).value() == world.draft.second);
  CHECK(record.open_vault_part(world.keys).value() == world.draft.vault_part);
}

TEST_CASE("every flipped bit and every truncation of a record is refused") {
  World world;
  const Bytes object = world.write();
  for (size_t at = 0; at < object.size(); ++at) {
    INFO("byte " << at);
    Bytes altered = object;
    altered[at] ^= static_cast<uint8_t>(1 << at % 8);
    CHECK(SnapshotRecord::read(std::move(altered), world.signer.public_key()).has_error());
    CHECK(SnapshotRecord::read(Bytes(object.begin(), object.begin() + at), world.signer.public_key()).has_error());
  }
  Bytes longer = object;
  longer.push_back(0);
  CHECK(error_of(SnapshotRecord::read(longer, world.signer.public_key())) == "the snapshot record has 1 bytes too many");
  const SigningKey other(key_of(9));
  CHECK(error_of(SnapshotRecord::read(object, other.public_key())) == "the snapshot record is not signed by the vault's signer");
}

TEST_CASE("sections of two records, signed again by the same signer, do not open together") {
  World world;
  const Bytes one = world.write();
  world.draft.public_section.sequence = 42;
  const Bytes two = world.write();
  const size_t open_length = SnapshotRecord::parse_public(one) ? one[16] | one[17] << 8 : 0;
  Bytes mixed = two;
  std::copy(one.begin() + 28, one.begin() + 28 + static_cast<ptrdiff_t>(open_length), mixed.begin() + 28);
  mixed.resize(mixed.size() - Signature::kSize);
  append(mixed, world.signer.sign("sparekeep snapshot record v1", mixed).bytes());
  const SnapshotRecord record = SnapshotRecord::read(mixed, world.signer.public_key()).value();
  CHECK(record.public_section().sequence == 41);
  CHECK(record.open_second(world.central).has_error());
  CHECK(record.open_vault_part(world.keys).has_error());
}

TEST_CASE("names of records, both ways") {
  const SnapshotId snapshot = SeededRandom(3).id<SnapshotId>();
  const std::string name = record_name(snapshot, 12);
  CHECK(name == snapshot.hex() + ".12");
  CHECK(parse_record_name(name).value().snapshot == snapshot);
  CHECK(parse_record_name(name).value().revision == 12);
  for (const std::string& bad : {std::string("x"), snapshot.hex(), snapshot.hex() + ".012", snapshot.hex() + ".-1", snapshot.hex() + ".1 ",
                                 snapshot.hex() + ".4294967296", "../" + name, snapshot.hex() + "."}) {
    INFO(bad);
    CHECK(parse_record_name(bad).error().text() == "'" + bad + "' is no name of a record; expected SNAPSHOT.REVISION");
  }
}
