// Layouts, and the lengths of packs: Padmé, whole blocks, the fallback of small packs.
#include "lib/vault/layout.h"

#include "lib/vault/types.h"
#include "test/support/catch.h"

using namespace sparekeep;

TEST_CASE("valid layouts have 1 to 32 data shards and at most 32 parity shards") {
  CHECK(Layout{1, 0}.valid());
  CHECK(Layout{32, 32}.valid());
  CHECK_FALSE(Layout{0, 1}.valid());
  CHECK_FALSE(Layout{33, 1}.valid());
  CHECK_FALSE(Layout{1, 33}.valid());
  CHECK(copies(3) == Layout{1, 2});
  CHECK(Layout{4, 2}.text() == "4+2");
}

TEST_CASE("metadata is kept on two systems more than the data may lose, or on all there are") {
  CHECK(metadata_layout({4, 2}, 10) == Layout{1, 3});
  CHECK(metadata_layout({4, 2}, 3) == Layout{1, 2});
  CHECK(metadata_layout({1, 1}, 1) == Layout{1, 0});
}

TEST_CASE("padded lengths keep the highest bits only") {
  CHECK(padded_length(0) == 0);
  CHECK(padded_length(1) == 1);
  CHECK(padded_length(8) == 8);
  CHECK(padded_length(9) == 10);                       // E = 3, S = 2: a multiple of 2
  CHECK(padded_length(1'000'000) == 1'015'808);        // E = 19, S = 5: a multiple of 16384
  CHECK(padded_length(1 << 20) == 1 << 20);
  for (uint64_t length = 1; length < 300'000; length += 7) {
    const uint64_t padded = padded_length(length);
    REQUIRE(padded >= length);
    REQUIRE(padded - length <= length * 12 / 100);
    REQUIRE(padded_length(padded) == padded);
  }
}

TEST_CASE("shards of a striped pack are whole blocks of equal length") {
  const PackLengths lengths = pack_lengths(1'000'000, {3, 2});
  CHECK(lengths.layout == Layout{3, 2});
  CHECK(lengths.pack == 6 * 3 * kBlockSize);
  CHECK(lengths.shard == 6 * kBlockSize);
}

TEST_CASE("a pack under k blocks is kept as copies, m + 1 of them") {
  CHECK(pack_lengths(4 * kBlockSize - 1, {4, 2}).layout == Layout{1, 2});
  CHECK(pack_lengths(4 * kBlockSize - 1, {4, 2}).shard == padded_length(4 * kBlockSize - 1));
  CHECK(pack_lengths(4 * kBlockSize, {4, 2}).layout == Layout{4, 2});
  CHECK(pack_lengths(100, {1, 3}).pack == 104);
}
