// A shard as daemons check it: no byte of head or payload can be changed, none is missing or too many, none is another's.
#include "lib/vault/shard.h"

#include "lib/vault/shard_size.h"
#include "test/support/catch.h"
#include "test/support/pack_world.h"

using namespace sparekeep;

namespace {

// What a daemon does with an object that it was sent. "": it stores it.
std::string verdict(ByteSpan object, const PublicKey& signer) {
  const Result<ShardHead> head = parse_shard_head(object);
  if (!head) return head.error().text();
  const Result<void> verified = verify_shard(*head, object.subspan(head->size), signer);
  return verified ? "" : verified.error().text();
}

struct World : PackWorld {
  std::string verdict_of(ByteSpan object) const { return verdict(object, signer.public_key()); }
};

constexpr size_t kIndexAt = kShardHeadPrefix;

}  // namespace

TEST_CASE("every shard of a pack is taken, and says whose it is") {
  World world;
  const SealedPack pack = world.pack({3, 2}, {world.noise(300'000), world.prose(50'000)});
  REQUIRE(pack.shards.size() == 5);
  for (unsigned i = 0; i < 5; ++i) {
    const Bytes object = whole_shard(pack.shards[i]);
    CHECK(world.verdict_of(object) == "");
    const ShardHead head = parse_shard_head(object).value();
    CHECK(head.id() == ShardId{world.vault, pack.header.pack, {3, 2}, static_cast<uint8_t>(i)});
    CHECK(head.size == pack.shards[i].head.size());
    CHECK(head.payload_length() == pack.shards[i].payload.size());
    CHECK(shard_head_size(object).value() == head.size);
    CHECK(shard_size({3, 2}, pack.header.pack_length) == object.size());
  }
}

TEST_CASE("every flipped byte of a shard is refused, but for optional feature bits") {
  World world;
  const SealedPack pack = world.pack({1, 1}, {world.noise(700)});
  Bytes object = whole_shard(pack.shards[1]);
  for (size_t at = 0; at < object.size(); ++at) {
    if (at >= 12 && at < 16) continue;
    object[at] ^= 0x20;
    INFO("byte " << at);
    REQUIRE(world.verdict_of(object) != "");
    object[at] ^= 0x20;
  }
  CHECK(world.verdict_of(object) == "");
}

TEST_CASE("every truncation of a shard is refused, and every byte too many") {
  World world;
  const SealedPack pack = world.pack({1, 1}, {world.noise(700)});
  Bytes object = whole_shard(pack.shards[0]);
  for (size_t length = 0; length < object.size(); ++length) REQUIRE(world.verdict_of(ByteSpan(object).first(length)) != "");
  object.push_back(0);
  CHECK(world.verdict_of(object) == "shard has " + std::to_string(object.size() - pack.shards[0].head.size()) + " bytes, its header says " +
                                        std::to_string(pack.header.shard_length));
}

TEST_CASE("a shard under another index, and a head with another shard's payload, are refused") {
  World world;
  const SealedPack pack = world.pack({2, 2}, {world.noise(200'000)});
  Bytes object = whole_shard(pack.shards[0]);
  object[kIndexAt] = 1;
  CHECK(world.verdict_of(object) == "block digests do not add up to the digest of shard 1 in the pack header");
  object[kIndexAt] = 4;
  CHECK(world.verdict_of(object) == "shard index 4 is not of layout 2+2");
  Bytes mixed = pack.shards[0].head;
  append(mixed, pack.shards[1].payload);
  CHECK(world.verdict_of(mixed) == "block 0 of shard 0 does not have its digest");
}

TEST_CASE("another vault's shard is refused") {
  World world;
  PackWorld other(2);
  const SealedPack pack = other.pack({1, 1}, {other.noise(1000)});
  CHECK(world.verdict_of(whole_shard(pack.shards[0])) == "pack header is not signed by the vault's signer");
}

TEST_CASE("one block can be checked without the others") {
  World world;
  const SealedPack pack = world.pack({2, 1}, {world.noise(300'000)});
  const ShardHead head = parse_shard_head(pack.shards[2].head).value();
  REQUIRE(verify_shard_head(head, world.signer.public_key()));
  const ByteSpan block = pack.shards[2].payload.subspan(kBlockSize, kBlockSize);
  CHECK(verify_block(head, 1, block));
  CHECK_FALSE(verify_block(head, 0, block));
  CHECK_FALSE(verify_block(head, 1, block.first(kBlockSize - 1)));
  CHECK(verify_block(head, 99, block).error().text() == "shard has no block 99");
}

TEST_CASE("a shard is rebuilt without keys, and checked against the header") {
  World world;
  const SealedPack pack = world.pack({3, 2}, {world.noise(300'000)});
  for (unsigned lost = 0; lost < 5; ++lost) {
    const std::vector<ShardSpan> survivors = payloads_of(pack, {(lost + 1) % 5, (lost + 2) % 5, (lost + 4) % 5});
    const Result<Bytes> shard = rebuild_shard(pack.header, survivors, lost);
    REQUIRE(shard);
    CHECK(same_bytes(*shard, pack.shards[lost].payload));
  }
}

TEST_CASE("a rebuild from a wrong shard is refused") {
  World world;
  const SealedPack pack = world.pack({2, 1}, {world.noise(200'000)});
  Bytes spoilt(pack.shards[1].payload.begin(), pack.shards[1].payload.end());
  spoilt[70'000] ^= 1;
  const std::vector<ShardSpan> survivors{{2, pack.shards[2].payload}, {1, spoilt}};
  CHECK(rebuild_shard(pack.header, survivors, 0).error().text() == "shard 0 was rebuilt and does not have the digest of the pack header");
  CHECK(rebuild_shard(pack.header, payloads_of(pack, {1}), 0).error().kind() == ErrorKind::lost);
  CHECK(rebuild_shard(pack.header, payloads_of(pack, {1, 2}), 3).error().text() == "shard index 3 is not of layout 2+1");
}

TEST_CASE("a head that claims an impossible size is refused before anything is read") {
  World world;
  Bytes head = world.pack({1, 1}, {world.noise(100)}).shards[0].head;
  head[kPreludeSize + 3] = 0xff;
  CHECK(shard_head_size(head).error().text() == "shard head is truncated or has an impossible size");
}

TEST_CASE("digests of a shard's blocks made at once are those of each block") {
  World world;
  const Bytes noise = world.noise(41 * kBlockSize);
  for (const size_t length : {0u, 1u, 9 * kBlockSize, 10 * kBlockSize - 1, 16 * kBlockSize, 26 * kBlockSize + 77, 41 * kBlockSize}) {
    std::vector<Digest> expected;
    for (size_t at = 0; at < length; at += kBlockSize) expected.push_back(block_digest(ByteSpan(noise).subspan(at, std::min<size_t>(kBlockSize, length - at))));
    CHECK(block_digests(ByteSpan(noise).first(length)) == expected);
  }
}
