// Splitting: joined chunks are the input, and cuts do not depend on how the input was buffered.
#include "lib/vault/splitter.h"
#include "test/support/catch.h"
#include "test/support/pack_world.h"

using namespace sparekeep;

namespace {

struct Pieces {
  Bytes joined;
  std::vector<size_t> lengths;
};

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
    for (const size_t piece_max : {size_t{7}, size_t{100}, size_t{5000}})
      REQUIRE(split(table, sizes, input, piece_max, world.random).lengths == whole.lengths);
    for (size_t i = 0; i + 1 < whole.lengths.size(); ++i) REQUIRE((whole.lengths[i] >= sizes.minimum && whole.lengths[i] <= sizes.maximum));
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
