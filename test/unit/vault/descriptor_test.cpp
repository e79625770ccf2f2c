// The vault descriptor: reads back, and no byte of it can be changed.
#include "lib/vault/descriptor.h"

#include "test/support/catch.h"
#include "test/support/forged_descriptor.h"

using namespace sparekeep;

namespace {

struct World {
  SeededRandom random{3};
  SigningKey signer = SigningKey::make(random);
  HostId owner = random.id<HostId>();
  VaultDescriptor descriptor{.vault = vault_id_of(owner, signer.public_key()), .epoch = 2, .owner = owner, .created = {1234567890123456789},
                             .sizes = {}, .signer = signer.public_key()};
  Bytes object = write_descriptor(descriptor, signer);
};

}  // namespace

TEST_CASE("a descriptor reads back") {
  const World world;
  CHECK(world.object.size() == kDescriptorSize);
  const Result<VaultDescriptor> read = read_descriptor(world.object);
  REQUIRE(read);
  CHECK(*read == world.descriptor);
}

TEST_CASE("every flipped byte, every truncation and every byte too many of a descriptor is refused") {
  World world;
  for (size_t at = 0; at < world.object.size(); ++at) {
    world.object[at] ^= 0x10;
    REQUIRE_FALSE(read_descriptor(world.object));
    world.object[at] ^= 0x10;
    REQUIRE_FALSE(read_descriptor(ByteSpan(world.object).first(at)));
  }
  world.object.push_back(0);
  CHECK(read_descriptor(world.object).error().text() == "vault descriptor has 1 bytes too many");
}

TEST_CASE("a descriptor that names another signer's key is refused") {
  World world;
  const SigningKey other = SigningKey::make(world.random);
  const size_t signer_at = kDescriptorSize - 64 - 32;
  std::copy(other.public_key().value.begin(), other.public_key().value.end(), world.object.begin() + signer_at);
  CHECK(read_descriptor(world.object).error().text() == "vault descriptor is not signed by the key that it names");
}

TEST_CASE("nobody else can make a descriptor of a vault: another signer or another owner is another vault") {
  World world;
  const std::string refusal = "vault descriptor names vault " + world.descriptor.vault.hex() + ", which is not that of its owner and signer";
  const SigningKey thief = SigningKey::make(world.random);
  CHECK(read_descriptor(forged_descriptor(world.descriptor, thief)).error().text() == refusal);
  VaultDescriptor facts = world.descriptor;
  facts.owner = world.random.id<HostId>();
  facts.epoch = 7;
  CHECK(read_descriptor(forged_descriptor(facts, thief)).error().text() == refusal);
  CHECK(read_descriptor(forged_descriptor(facts, world.signer)).error().text() == refusal);
}

TEST_CASE("what a signer says is checked all the same") {
  World world;
  const auto signed_with = [&](size_t at, uint8_t value) {
    ByteWriter writer;
    world.object[at] = value;
    writer.raw(ByteSpan(world.object).first(kDescriptorSize - 64));
    writer.raw(world.signer.sign("sparekeep vault descriptor v1", writer.bytes()).bytes());
    return read_descriptor(writer.bytes());
  };
  CHECK(signed_with(64, 1).error().text() == "vault descriptor has impossible chunk sizes");   // an average that is no power of two
  CHECK(signed_with(72, 9).error().text() == "vault descriptor names splitter 9, hash 1, AEAD 1, this program knows 1, 1, 1");
}
