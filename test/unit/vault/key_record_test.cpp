// The key record: every recipient opens the same keys, nobody else anything, and no byte of it can be changed.
#include "lib/vault/key_record.h"

#include "test/support/catch.h"

using namespace sparekeep;

namespace {

struct World {
  SeededRandom random{5};
  SigningKey signer = SigningKey::make(random);
  OpeningKey escrow = OpeningKey::make(random), recovery = OpeningKey::make(random), stranger = OpeningKey::make(random);
  VaultId vault = random.id<VaultId>();
  VaultKeys keys = VaultKeys::make(vault, random);

  KeyRecordFacts facts() const {
    return {.vault = vault, .epoch = 3, .created = {77},
            .recipients = {{RecipientRole::escrow, escrow.recipient()}, {RecipientRole::recovery, recovery.recipient()}}};
  }
  Bytes object() { return make_key_record(facts(), keys, signer, random).value(); }
};

}  // namespace

TEST_CASE("each recipient opens the same keys") {
  World world;
  const KeyRecord record = KeyRecord::read(world.object(), world.signer.public_key()).value();
  CHECK(record.vault() == world.vault);
  CHECK(record.epoch() == 3);
  CHECK(record.created() == Time{77});
  CHECK(record.recipients() == world.facts().recipients);
  for (const OpeningKey* key : {&world.escrow, &world.recovery}) {
    const Result<VaultKeys> keys = record.open(*key);
    REQUIRE(keys);
    CHECK(same_secret(keys->vault_key().reveal(), world.keys.vault_key().reveal()));
    const Result<MetadataKeys> metadata = record.open_metadata(*key);
    REQUIRE(metadata);
    CHECK(same_secret(metadata->record_key().reveal(), world.keys.metadata().record_key().reveal()));
    CHECK(same_secret(metadata->packs().pack_key.reveal(), world.keys.metadata().packs().pack_key.reveal()));
  }
}

TEST_CASE("a stranger is denied") {
  World world;
  const KeyRecord record = KeyRecord::read(world.object(), world.signer.public_key()).value();
  const Error error = record.open(world.stranger).error();
  CHECK(error.kind() == ErrorKind::denied);
  CHECK(error.text() == "the key '" + world.stranger.recipient().hex() + "' is no recipient of this key record");
}

TEST_CASE("a key record wants two to 64 recipients, each once") {
  World world;
  const auto error_with = [&](std::vector<Recipient> recipients) {
    KeyRecordFacts facts = world.facts();
    facts.recipients = std::move(recipients);
    return make_key_record(facts, world.keys, world.signer, world.random).error().text();
  };
  const Recipient one{RecipientRole::escrow, world.escrow.recipient()};
  CHECK(error_with({one}) == "a key record with 1 recipients is refused, expected 2 to 64");
  CHECK(error_with({one, {RecipientRole::host, one.key}}) ==
        "a key record that names the recipient '" + one.key.hex() + "' twice is refused");
  CHECK(error_with(std::vector<Recipient>(65, one)) == "a key record with 65 recipients is refused, expected 2 to 64");
}

TEST_CASE("every flipped byte and every truncation of a key record is refused") {
  World world;
  Bytes object = world.object();
  for (size_t at = 0; at < object.size(); ++at) {
    object[at] ^= 1;
    REQUIRE_FALSE(KeyRecord::read(object, world.signer.public_key()));
    object[at] ^= 1;
    REQUIRE_FALSE(KeyRecord::read(ByteSpan(object).first(at), world.signer.public_key()));
  }
  CHECK(KeyRecord::read(object, world.signer.public_key()));
}

TEST_CASE("another signer's key record is refused") {
  World world;
  const SigningKey other = SigningKey::make(world.random);
  CHECK(KeyRecord::read(world.object(), other.public_key()).error().text() == "key record is not signed by the vault's signer");
}

// What a signer who lies could hand out: each recipient another key, under one key check.
TEST_CASE("a box with another key than the key check says is refused") {
  World world;
  const Bytes truth = world.object();
  const size_t boxes_size = 2 * 2 * 112;
  const ByteSpan before_boxes = ByteSpan(truth).first(truth.size() - 64 - boxes_size);
  const VaultKeys other = VaultKeys::make(world.vault, world.random);
  const auto box = [&](const OpeningKey& to, std::string_view domain, const Secret& key) {
    ByteWriter associated;
    associated.raw(as_bytes(domain));
    associated.u8(0);
    associated.raw(before_boxes);
    return seal_to(to.recipient(), associated.bytes(), key.reveal(), world.random);
  };
  ByteWriter writer;
  writer.raw(before_boxes);
  writer.raw(box(world.escrow, "sparekeep vault key v1", other.vault_key()));
  writer.raw(box(world.escrow, "sparekeep metadata key v1", other.metadata().metadata_key()));
  writer.raw(box(world.recovery, "sparekeep vault key v1", world.keys.vault_key()));
  writer.raw(box(world.recovery, "sparekeep metadata key v1", other.metadata().metadata_key()));
  writer.raw(world.signer.sign("sparekeep key record v1", writer.bytes()).bytes());
  const KeyRecord record = KeyRecord::read(writer.bytes(), world.signer.public_key()).value();
  CHECK(record.open(world.escrow).error().text() == "key record holds another key than its key check says");
  CHECK(record.open(world.recovery).error().text() == "key record holds another key than its key check says");
}

TEST_CASE("a box of another record does not open") {
  World world;
  const Bytes one = world.object();
  KeyRecordFacts later = world.facts();
  later.epoch = 4;
  const Bytes two = make_key_record(later, world.keys, world.signer, world.random).value();
  const size_t boxes_at = one.size() - 64 - 2 * 2 * 112;
  ByteWriter writer;
  writer.raw(ByteSpan(two).first(boxes_at));
  writer.raw(ByteSpan(one).subspan(boxes_at, 2 * 2 * 112));
  writer.raw(world.signer.sign("sparekeep key record v1", writer.bytes()).bytes());
  const KeyRecord record = KeyRecord::read(writer.bytes(), world.signer.public_key()).value();
  CHECK(record.open(world.escrow).error().kind() == ErrorKind::denied);
}
