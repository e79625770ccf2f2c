// Erasure: the arithmetic that docs/format.md states, and what rebuild refuses.
#include "lib/vault/erasure.h"

#include "test/support/catch.h"
#include "test/support/pack_world.h"

using namespace sparekeep;

namespace {

uint8_t multiply(uint8_t a, uint8_t b) {              // GF(2^8), polynomial 0x11d, by the book
  unsigned product = 0, factor = a;
  for (unsigned bit = 0; bit < 8; ++bit) {
    if (b >> bit & 1) product ^= factor;
    factor <<= 1;
    if (factor & 0x100) factor ^= 0x11d;
  }
  return static_cast<uint8_t>(product);
}

uint8_t inverse(uint8_t a) {
  for (unsigned b = 1; b < 256; ++b)
    if (multiply(a, static_cast<uint8_t>(b)) == 1) return static_cast<uint8_t>(b);
  return 0;
}

}  // namespace

TEST_CASE("parity is what the format says, byte by byte") {
  PackWorld world;
  const Layout layout{5, 3};
  const size_t length = 257;
  std::vector<Bytes> shards;
  for (unsigned i = 0; i < layout.count(); ++i) shards.push_back(i < layout.data ? world.noise(length) : Bytes(length));
  const std::vector<ByteSpan> data(shards.begin(), shards.begin() + layout.data);
  const std::vector<MutableSpan> parity(shards.begin() + layout.data, shards.end());
  Erasure(layout).encode(data, parity);
  for (unsigned j = layout.data; j < layout.count(); ++j) {
    for (size_t at = 0; at < length; ++at) {
      uint8_t sum = 0;
      for (unsigned i = 0; i < layout.data; ++i)
        sum = static_cast<uint8_t>(sum ^ multiply(inverse(static_cast<uint8_t>(j ^ i)), shards[i][at]));
      REQUIRE(shards[j][at] == sum);
    }
  }
}

TEST_CASE("with one data shard every parity shard is a copy") {
  PackWorld world;
  const Bytes data = world.noise(1000);
  Bytes one(1000), two(1000), three(1000);
  const std::vector<ByteSpan> sources{data};
  const std::vector<MutableSpan> parity{one, two, three};
  Erasure({1, 3}).encode(sources, parity);
  CHECK(one == data);
  CHECK(two == data);
  CHECK(three == data);
}

TEST_CASE("rebuild says what it cannot do") {
  const Erasure erasure({2, 2});
  const Bytes a(10), b(10), short_one(9);
  Bytes out(10);
  const auto error_of = [&](const std::vector<ShardSpan>& survivors, unsigned wanted, MutableSpan into) {
    const MutableShardSpan targets[] = {{wanted, into}};
    const Result<void> rebuilt = erasure.rebuild(survivors, targets);
    return rebuilt ? "" : rebuilt.error().text();
  };
  CHECK(error_of({{1, a}, {3, b}}, 0, out) == "");
  CHECK(error_of({{1, a}}, 0, out) == "1 shards are left of a pack that needs 2");
  CHECK(error_of({{1, a}, {1, a}}, 0, out) == "shard index 1 is given twice or is not of layout 2+2");
  CHECK(error_of({{1, a}, {4, b}}, 0, out) == "shard index 4 is given twice or is not of layout 2+2");
  CHECK(error_of({{1, a}, {2, short_one}}, 0, out) == "shards of one pack differ in length");
  CHECK(error_of({{1, a}, {2, b}}, 4, out) == "shard index 4 is not of layout 2+2");
  CHECK(error_of({{1, a}, {2, b}}, 0, MutableSpan(out).first(9)) == "shards of one pack differ in length");
}
