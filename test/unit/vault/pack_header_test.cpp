// The pack header: reads back, no byte of it can be changed, and its lengths must fit each other.
#include "lib/vault/pack_header.h"

#include "test/support/catch.h"
#include "test/support/pack_world.h"

using namespace sparekeep;

namespace {

struct World : PackWorld {
  PackHeader header = pack({2, 1}, {noise(200'000)}).header;
  Bytes object = write_pack_header(header, signer);
  std::string error() const {
    const Result<PackHeader> read = read_pack_header(object, signer.public_key());
    return read ? "" : read.error().text();
  }
  void put(size_t at, uint8_t value) {                 // signed again: a signer's own mistake
    object[at] = value;
    ByteWriter writer;
    writer.raw(ByteSpan(object).first(object.size() - 64));
    writer.raw(signer.sign("sparekeep pack header v1", writer.bytes()).bytes());
    object = writer.take();
  }
};

constexpr size_t kKindAt = 68, kDataAt = 69, kPackLengthAt = 71, kDirectoryOffsetAt = 71 + 16 + 64;

}  // namespace

TEST_CASE("a pack header reads back") {
  World world;
  CHECK(world.header.layout == Layout{2, 1});
  CHECK(read_pack_header(world.object, world.signer.public_key()).value() == world.header);
  CHECK(parse_pack_header(world.object).value() == world.header);
}

TEST_CASE("every flipped byte and every truncation of a pack header is refused") {
  World world;
  for (size_t at = 0; at < world.object.size(); ++at) {
    world.object[at] ^= 4;
    REQUIRE(world.error() != "");
    world.object[at] ^= 4;
    REQUIRE_FALSE(read_pack_header(ByteSpan(world.object).first(at), world.signer.public_key()));
  }
  CHECK(world.error() == "");
  world.object.push_back(0);
  CHECK(world.error() == "pack header has 1 bytes too many");
}

TEST_CASE("another signer's pack header is refused") {
  World world;
  const SigningKey other = SigningKey::make(world.random);
  CHECK(read_pack_header(world.object, other.public_key()).error().text() == "pack header is not signed by the vault's signer");
}

TEST_CASE("impossible values are refused though they are signed") {
  const auto error_with = [](size_t at, uint8_t value) {
    World world;
    world.put(at, value);
    return world.error();
  };
  CHECK(error_with(kKindAt, 3) == "pack header is truncated or holds an impossible value");
  CHECK(error_with(kDataAt, 0) == "pack header is truncated or holds an impossible value");
  CHECK(error_with(kDataAt, 33) == "pack header is truncated or holds an impossible value");
  CHECK(error_with(kPackLengthAt, 1) == "pack header has lengths that do not fit each other");
  CHECK(error_with(kPackLengthAt + 7, 0x80) == "pack header has lengths that do not fit each other");
  CHECK(error_with(kDirectoryOffsetAt + 7, 0xff) == "pack header has lengths that do not fit each other");
}

TEST_CASE("slices of a pack name the shards that hold a range") {
  CHECK(slices_of(100, 10, 20) == std::vector<PackSlice>{{0, 10, 20}});
  CHECK(slices_of(100, 90, 20) == std::vector<PackSlice>{{0, 90, 10}, {1, 0, 10}});
  CHECK(slices_of(100, 200, 100) == std::vector<PackSlice>{{2, 0, 100}});
  CHECK(slices_of(100, 50, 250) == std::vector<PackSlice>{{0, 50, 50}, {1, 0, 100}, {2, 0, 100}});
  CHECK(slices_of(100, 50, 0).empty());
}
