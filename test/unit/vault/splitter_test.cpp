// The splitter: sizes hold, cuts do not depend on buffers, content moves cuts along with it, the key decides where they fall.
#include "lib/vault/splitter.h"

#include <set>

#include "test/support/catch.h"
#include "test/support/pack_world.h"

using namespace sparekeep;

namespace {

constexpr ChunkSizes kSmall{.minimum = 1024, .average = 4096, .maximum = 16384};

std::vector<Bytes> chunks_of(const GearTable& table, ByteSpan bytes, ChunkSizes sizes = kSmall) {
  std::vector<Bytes> chunks;
  const auto keep = [&](ByteSpan chunk) { chunks.emplace_back(chunk.begin(), chunk.end()); };
  ChunkCutter cutter(table, sizes);
  cutter.push(bytes, keep);
  cutter.finish(keep);
  return chunks;
}

}  // namespace

TEST_CASE("chunks are between minimum and maximum, and near the average") {
  PackWorld world;
  const GearTable table(world.keys.splitter_key());
  const std::vector<Bytes> chunks = chunks_of(table, world.noise(4 << 20));
  for (size_t i = 0; i + 1 < chunks.size(); ++i) {
    REQUIRE(chunks[i].size() >= kSmall.minimum);
    REQUIRE(chunks[i].size() <= kSmall.maximum);
  }
  const size_t average = (size_t{4} << 20) / chunks.size();
  CHECK(average > 3500);
  CHECK(average < 6000);
}

TEST_CASE("zeros are cut at the maximum, or alike") {
  PackWorld world;
  const GearTable table(world.keys.splitter_key());
  const std::vector<Bytes> chunks = chunks_of(table, Bytes(10 * kSmall.maximum));
  for (const Bytes& chunk : chunks) CHECK(chunk.size() == kSmall.maximum);
}

TEST_CASE("a byte put in front changes the first chunks only") {
  PackWorld world;
  const GearTable table(world.keys.splitter_key());
  const Bytes before = world.noise(1 << 20);
  Bytes after{42};
  append(after, before);
  const std::vector<Bytes> old_chunks = chunks_of(table, before), new_chunks = chunks_of(table, after);
  const std::set<Bytes> known(old_chunks.begin(), old_chunks.end());
  size_t found = 0;
  for (const Bytes& chunk : new_chunks) found += known.count(chunk);
  CHECK(found + 5 >= new_chunks.size());
}

TEST_CASE("another key cuts elsewhere") {
  PackWorld world;
  const Bytes bytes = world.noise(1 << 18);
  const GearTable one(world.keys.splitter_key()), other(world.keys.packs().pack_key);
  CHECK(chunks_of(one, bytes).front().size() != chunks_of(other, bytes).front().size());
}

TEST_CASE("reset begins a chunk") {
  PackWorld world;
  const GearTable table(world.keys.splitter_key());
  const Bytes bytes = world.noise(100'000);
  Splitter splitter(table, kSmall);
  const Splitter::Scan fresh = splitter.scan(bytes);
  splitter.scan(world.noise(700));
  splitter.reset();
  CHECK(splitter.pending() == 0);
  CHECK(splitter.scan(bytes).taken == fresh.taken);
}

TEST_CASE("a minimum equal to the maximum cuts at fixed lengths, nothing gives nothing") {
  PackWorld world;
  const GearTable table(world.keys.splitter_key());
  const std::vector<Bytes> chunks = chunks_of(table, world.noise(4096 * 3 + 1), {.minimum = 4096, .average = 4096, .maximum = 4096});
  REQUIRE(chunks.size() == 4);
  CHECK(chunks[2].size() == 4096);
  CHECK(chunks[3].size() == 1);
  CHECK(chunks_of(table, {}).empty());
}
