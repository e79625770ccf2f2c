// Splitting: joined chunks are the input, and cuts fall where docs/format.md says, however the input was buffered.
#include "lib/vault/splitter.h"

#include <algorithm>
#include <bit>

#include "test/support/catch.h"
#include "test/support/pack_world.h"

using namespace sparekeep;

namespace {

struct Pieces {
  Bytes joined;
  std::vector<size_t> lengths;
};

// The length of the chunk at the beginning of `bytes`, one byte after the other.
size_t first_chunk(const GearTable& table, ChunkSizes sizes, ByteSpan bytes) {
  const int bits = std::bit_width(sizes.average) - 1;
  uint64_t hash = 0;
  for (size_t length = sizes.minimum; length <= std::min<size_t>(bytes.size(), sizes.maximum); ++length) {
    hash = (hash << 1) + table[bytes[length - 1]];
    if (hash >> (64 - (length < sizes.average ? bits + 2 : bits - 2)) == 0) return length;
  }
  return std::min<size_t>(bytes.size(), sizes.maximum);
}

std::vector<size_t> plain_split(const GearTable& table, ChunkSizes sizes, ByteSpan bytes) {
  std::vector<size_t> lengths;
  for (; !bytes.empty(); bytes = bytes.subspan(lengths.back())) lengths.push_back(first_chunk(table, sizes, bytes));
  return lengths;
}

// Pushes in pieces of up to `piece_max` bytes, a random number each time.
Pieces split(const GearTable& table, ChunkSizes sizes, ByteSpan bytes, size_t piece_max, Random& random) {
  Pieces pieces;
  const auto keep = [&](ByteSpan chunk) {
    append(pieces.joined, chunk);
    pieces.lengths.push_back(chunk.size());
  };
  ChunkCutter cutter(table, sizes);
  while (!bytes.empty()) {
    const size_t length = std::min<size_t>(bytes.size(), 1 + random.below(piece_max));
    cutter.push(bytes.first(length), keep);
    bytes = bytes.subspan(length);
  }
  cutter.finish(keep);
  return pieces;
}

// 64 bytes that among zeros make a cut behind their last one and nowhere else.
Bytes cutting_bytes(const GearTable& table, ChunkSizes sizes, PackWorld& world) {
  REQUIRE(first_chunk(table, sizes, Bytes(sizes.maximum)) == sizes.maximum);
  while (true) {
    const Bytes bytes = world.noise(64);
    Bytes among_zeros(sizes.maximum);
    std::ranges::copy(bytes, among_zeros.begin() + sizes.minimum);
    if (first_chunk(table, sizes, among_zeros) == sizes.minimum + bytes.size()) return bytes;
  }
}

// Random stretches and long runs of one byte.
Bytes some_input(PackWorld& world) {
  Bytes bytes;
  const uint64_t parts = world.random.below(6);
  for (uint64_t i = 0; i < parts; ++i) {
    const size_t length = world.random.below(40'000);
    append(bytes, world.random.below(3) == 0 ? Bytes(length, static_cast<uint8_t>(i)) : world.noise(length));
  }
  return bytes;
}

}  // namespace

TEST_CASE("splitting then joining gives the input, with the same cuts for every size of buffers") {
  PackWorld world(14);
  const GearTable table(world.keys.splitter_key());
  for (int round = 0; round < 60; ++round) {
    INFO("seed 14, round " << round);
    const uint32_t average = 1u << (5 + world.random.below(8));
    const ChunkSizes sizes{.minimum = 1 + static_cast<uint32_t>(world.random.below(average)), .average = average,
                           .maximum = average + static_cast<uint32_t>(world.random.below(4 * average))};
    const Bytes input = some_input(world);
    const Pieces whole = split(table, sizes, input, std::max<size_t>(1, input.size()), world.random);
    REQUIRE(whole.joined == input);
    REQUIRE(whole.lengths == plain_split(table, sizes, input));
    for (const size_t piece_max : {size_t{7}, size_t{100}, size_t{5000}})
      REQUIRE(split(table, sizes, input, piece_max, world.random).lengths == whole.lengths);
    for (size_t i = 0; i + 1 < whole.lengths.size(); ++i) REQUIRE((whole.lengths[i] >= sizes.minimum && whole.lengths[i] <= sizes.maximum));
  }
}

TEST_CASE("a cut is found at every place, in one piece and in many") {
  PackWorld world(16);
  const GearTable table(world.keys.splitter_key());
  constexpr ChunkSizes kSizes{.minimum = 100, .average = 1024, .maximum = 20'000};
  const Bytes cutting = cutting_bytes(table, kSizes, world);
  for (size_t cut = kSizes.minimum + cutting.size(); cut < kSizes.maximum; cut += 1 + world.random.below(3)) {
    Bytes bytes(kSizes.maximum);
    std::ranges::copy(cutting, bytes.begin() + static_cast<ptrdiff_t>(cut - cutting.size()));
    REQUIRE(Splitter(table, kSizes).scan(bytes).taken == cut);
    REQUIRE(split(table, kSizes, bytes, 5000, world.random).lengths == std::vector<size_t>{cut, kSizes.maximum - cut});
  }
}

TEST_CASE("cuts right behind the minimum, where the hash has seen few bytes, are the plain ones") {
  PackWorld world(17);
  const GearTable table(world.keys.splitter_key());
  const Bytes input = world.noise(60'000);
  for (uint32_t minimum = 1; minimum <= 128; ++minimum) {
    const ChunkSizes sizes{.minimum = minimum, .average = 128, .maximum = 128 + 3 * minimum};
    REQUIRE(split(table, sizes, input, input.size(), world.random).lengths == plain_split(table, sizes, input));
  }
}

TEST_CASE("chunks of many stretches without a cut end where the plain ones do") {
  PackWorld world(18);
  const GearTable table(world.keys.splitter_key());
  const Bytes input = world.noise(3'000'000);
  for (const uint32_t maximum : {70'001u, 131'071u, 500'000u}) {
    const ChunkSizes sizes{.minimum = 3000, .average = 65'536, .maximum = maximum};
    const std::vector<size_t> expected = plain_split(table, sizes, input);
    for (const size_t piece_max : {input.size(), size_t{300}, size_t{40'000}})
      REQUIRE(split(table, sizes, input, piece_max, world.random).lengths == expected);
  }
}

TEST_CASE("a copied splitter goes on from the same place") {
  PackWorld world(15);
  const GearTable table(world.keys.splitter_key());
  const Bytes bytes = world.noise(100'000);
  Splitter one(table, {.minimum = 1000, .average = 4096, .maximum = 10'000});
  one.scan(ByteSpan(bytes).first(900));
  Splitter two = one;
  CHECK(one.scan(ByteSpan(bytes).subspan(900)).taken == two.scan(ByteSpan(bytes).subspan(900)).taken);
}
