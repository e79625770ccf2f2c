// Any k shards give back the pack: every layout from 1+1 to 8+4, every set of survivors.
#include "lib/vault/erasure.h"
#include "lib/vault/pack_reader.h"
#include "test/support/catch.h"
#include "test/support/pack_world.h"

using namespace sparekeep;

namespace {

struct Coded {
  Layout layout;
  std::vector<Bytes> shards;

  Coded(Layout wanted, size_t length, Random& random) : layout(wanted), shards(wanted.count(), Bytes(length)) {
    for (unsigned i = 0; i < layout.data; ++i) random.fill(shards[i]);
    const std::vector<ByteSpan> data(shards.begin(), shards.begin() + layout.data);
    const std::vector<MutableSpan> parity(shards.begin() + layout.data, shards.end());
    Erasure(layout).encode(data, parity);
  }

  // All shards from these survivors, the lost ones rebuilt.
  bool comes_back_from(const Erasure& erasure, const std::vector<unsigned>& survivors) const {
    std::vector<ShardSpan> from;
    std::vector<Bytes> rebuilt(layout.count(), Bytes(shards[0].size()));
    std::vector<MutableShardSpan> to;
    for (const unsigned index : survivors) from.push_back({index, shards[index]});
    for (unsigned i = 0; i < layout.count(); ++i) to.push_back({i, rebuilt[i]});
    return erasure.rebuild(from, to).has_value() && rebuilt == shards;
  }
};

void try_layout(Layout layout, Random& random) {
  const Coded coded(layout, 1 + random.below(200), random);
  const Erasure erasure(layout);
  for (const std::vector<unsigned>& survivors : sets_of(layout.data, layout.count())) REQUIRE(coded.comes_back_from(erasure, survivors));
}

}  // namespace

TEST_CASE("every set of k survivors gives back all shards, for k to 8 and m to 4") {
  SeededRandom random(11);
  for (uint8_t k = 1; k <= 8; ++k) {
    for (uint8_t m = 1; m <= 4; ++m) {
      INFO("layout " << Layout({k, m}).text());
      try_layout({k, m}, random);
    }
  }
}

TEST_CASE("wide layouts come back from the first, the last and random survivors") {
  SeededRandom random(12);
  for (const Layout layout : {Layout{32, 32}, Layout{32, 1}, Layout{1, 32}, Layout{10, 8}}) {
    const Coded coded(layout, 100, random);
    const Erasure erasure(layout);
    std::vector<unsigned> all(layout.count());
    for (unsigned i = 0; i < layout.count(); ++i) all[i] = i;
    for (int round = 0; round < 50; ++round) {
      INFO("layout " << layout.text() << ", round " << round);
      std::vector<unsigned> survivors = all;
      for (size_t i = survivors.size() - 1; i > 0; --i) std::swap(survivors[i], survivors[random.below(i + 1)]);
      survivors.resize(layout.data);
      REQUIRE(coded.comes_back_from(erasure, survivors));
    }
  }
}

TEST_CASE("whole packs come back with any m shards lost") {
  PackWorld world(13);
  for (const Layout layout : {Layout{1, 1}, Layout{1, 3}, Layout{2, 2}, Layout{4, 2}, Layout{3, 1}}) {
    const SealedPack pack = world.pack(layout, {world.noise(layout.data * kBlockSize + world.random.below(50'000)), world.prose(100)});
    REQUIRE(pack.header.layout == layout);
    for (const std::vector<unsigned>& survivors : sets_of(layout.data, layout.count())) {
      INFO("layout " << layout.text());
      REQUIRE(assemble_pack(pack.header, payloads_of(pack, survivors)).value() == pack.pack);
    }
  }
}
