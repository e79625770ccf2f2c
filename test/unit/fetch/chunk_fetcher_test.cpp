// Wrong, missing and moved shards: nothing of them reaches a reader, and each is named.
#include "lib/fetch/chunk_fetcher.h"

#include <algorithm>

#include "test/support/catch.h"
#include "test/support/fetch_world.h"

using namespace sparekeep;

namespace {

enum class Damage { gone, payload_byte, head_byte, shorter, another_shard };

void damage(FaultyStore& system, const ShardId& shard, Damage how, const ShardId& other) {
  const Deadline deadline(system_clock(), std::chrono::hours(1));
  StoredShard stored = system.inside().get_shard(shard, deadline).value();
  switch (how) {
    case Damage::gone: CHECK(system.inside().remove(shard)); return;
    case Damage::payload_byte: stored.payload[stored.payload.size() / 3] ^= 4; break;
    case Damage::head_byte: stored.head[stored.head.size() - 7] ^= 4; break;
    case Damage::shorter: stored.payload.resize(stored.payload.size() / 2); break;
    case Damage::another_shard: stored = system.inside().get_shard(other, deadline).value(); break;
  }
  CHECK(system.inside().replace(shard, std::move(stored)));
}

// Damages every shard that some of the systems hold.
void damage_all(FetchWorld& world, std::initializer_list<size_t> systems, Damage how) {
  for (const size_t i : systems) {
    const std::vector<ShardId> shards = world.systems[i]->inside().shards();
    for (size_t n = 0; n < shards.size(); ++n) damage(*world.systems[i], shards[n], how, shards[(n + 1) % shards.size()]);
  }
}

bool starts_with_any(const std::string& text, const std::vector<std::string>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [&](const std::string& one) { return text.starts_with(one); });
}

void damage_data(FetchWorld& world, Damage how) {
  for (const auto& system : world.systems)
    for (const ShardId& shard : system->inside().shards())
      if (shard.layout.data == 2) damage(*system, shard, how, shard);
}

}  // namespace

TEST_CASE("with every shard of two systems damaged, everything is read and only they are named") {
  for (const Damage how : {Damage::gone, Damage::payload_byte, Damage::head_byte, Damage::shorter, Damage::another_shard})
    for (const Layout layout : {Layout{2, 2}, copies(3)}) {
      INFO("damage " << static_cast<int>(how) << ", layout " << layout.text());
      FetchWorld world(11, 5, {.layout = layout}, 60);
      damage_all(world, {1, 3}, how);
      Reading reading(world);
      CHECK(reading.read_all() == expected_contents(world.files));
      CHECK_FALSE(reading.findings.all().empty());
      for (const ShardFinding& finding : reading.findings.all())
        CHECK((finding.system_name == "store2" || finding.system_name == "store4"));
      CHECK(reading.systems.passed_over().empty());
    }
}

TEST_CASE("where no shard is right, what lies beside the damage is read, the rest fails by name, and no wrong byte comes out") {
  for (const Damage how : {Damage::gone, Damage::payload_byte, Damage::head_byte, Damage::shorter}) {
    INFO("damage " << static_cast<int>(how));
    FetchWorld world(12, 4, {}, 20);
    Reading reading(world);
    damage_data(world, how);
    const auto expected = expected_contents(world.files);
    size_t read = 0;
    for (const auto& [path, content] : reading.read_all()) {
      if (content == expected.at(path)) ++read;
      else CHECK(starts_with_any(content, {"pack "}));
    }
    INFO(read << " of " << expected.size() << " files read");
    CHECK(read < expected.size());
    if (how == Damage::payload_byte) CHECK(read > expected.size() / 2);
  }
}

TEST_CASE("copies that are all damaged, each in another place, give everything together") {
  FetchWorld world(19, 3, {.layout = copies(3)}, 20);
  const Deadline deadline(world.clock, std::chrono::seconds(1));
  for (const auto& system : world.systems)
    for (const ShardId& shard : system->inside().shards()) {
      StoredShard stored = system->inside().get_shard(shard, deadline).value();
      if (shard.index == 0 || stored.payload.size() < 256 * 1024) continue;
      stored.payload[shard.index == 1 ? 10 : stored.payload.size() * 2 / 3] ^= 1;
      CHECK(system->inside().replace(shard, stored));
    }
  for (const auto& system : world.systems)
    for (const ShardId& shard : system->inside().shards())
      if (shard.index == 0 && system->inside().get_shard(shard, deadline)->payload.size() >= 256 * 1024)
        CHECK(system->inside().remove(shard));
  Reading reading(world);
  CHECK(reading.read_all() == expected_contents(world.files));
}

TEST_CASE("a lost pack whose systems all answer says so") {
  FetchWorld world(13, 4, {}, 20);
  Reading reading(world);
  const PackEntry pack = reading.reader->data_pack(0).value();
  for (uint8_t index = 0; index < 3; ++index)
    CHECK(world.of(pack.places[index]).inside().remove({world.vault.vault, pack.pack, pack.layout, index}));
  CHECK(reading.reader->read_chunk(0).error().text() ==
        "pack " + pack.pack.hex() + ": 1 of 2 shards that it takes are left; every system that held others answers, and none is good");
  CHECK(reading.reader->read_chunk(0).error().kind() == ErrorKind::lost);
}

TEST_CASE("bytes altered on the way are replaced by verified ones") {
  FetchWorld world(14, 5, {}, 20);
  for (const auto& system : world.systems) system->ranges_altered = true;
  Reading reading(world);
  CHECK(reading.read_all() == expected_contents(world.files));
  CHECK(reading.findings.all().empty());              // what is stored is good
}

TEST_CASE("a pack that had to be rebuilt is not fetched again for its next chunk") {
  FetchWorld world(16, 4, {}, 20);
  for (const auto& system : world.systems) system->ranges_altered = true;
  Reading reading(world);
  const Result<Bytes> first = reading.reader->read_chunk(0);
  REQUIRE(first.has_value());
  const auto asked = [&] {
    size_t count = 0;
    for (const auto& system : world.systems) count += system->wholes + system->ranges;
    return count;
  };
  const size_t before = asked();
  CHECK(reading.reader->read_chunk(0).value() == *first);
  CHECK(asked() == before);
}

TEST_CASE("shards that were moved are found by asking the others") {
  FetchWorld world(15, 6, {}, 20);
  for (const ShardId& shard : world.systems[0]->inside().shards()) {
    const Deadline deadline(world.clock, std::chrono::seconds(1));
    const StoredShard stored = world.systems[0]->inside().get_shard(shard, deadline).value();
    const auto free = std::find_if(world.systems.begin() + 1, world.systems.end(), [&](const auto& system) {
      const std::vector<ShardId> shards = system->inside().shards();
      return std::none_of(shards.begin(), shards.end(), [&](const ShardId& one) { return one.pack == shard.pack; });
    });
    REQUIRE(free != world.systems.end());
    CHECK((*free)->inside().put(shard, stored.head, stored.payload, deadline).has_value());
    CHECK(world.systems[0]->inside().remove(shard));
  }
  for (const auto& system : world.systems) system->wholes = 0;
  Reading reading(world);
  CHECK(reading.read_all() == expected_contents(world.files));
  for (const auto& system : world.systems) CHECK(system->wholes == 0);
}

TEST_CASE("findings are worded for people") {
  FetchWorld world(16, 4, {}, 20);
  Reading reading(world);
  const PackEntry pack = reading.reader->data_pack(0).value();
  const ShardId shard{world.vault.vault, pack.pack, pack.layout, 0};
  CHECK(world.of(pack.places[0]).inside().remove(shard));
  CHECK(reading.reader->read_chunk(0).has_value());
  const std::string name = pack.pack.hex() + ".2.2.0";
  CHECK(reading.finding_texts() ==
        std::vector<std::string>{"shard " + name + " on '" + world.of(pack.places[0]).name() + "': there is no '" + name + "'"});
}

TEST_CASE("a table that does not fit its packs is refused") {
  FetchWorld world(17, 4, {}, 20);
  FetchOptions options;
  options.data_ids = GENERATE(ChunkIds::computed, ChunkIds::by_tag);
  Reading reading(world, options);
  ChunkFetcher fetcher(reading.context, world.vault.keys.packs());
  const PackEntry pack = reading.reader->data_pack(0).value();
  ChunkRef chunk = reading.reader->chunk(0).value();
  ChunkRef behind = chunk;
  behind.offset = static_cast<uint32_t>(pack.pack_length - 10);
  CHECK(fetcher.fetch_one(pack, behind).error().text() == "chunk " + chunk.id.hex() + " does not fit into pack " + pack.pack.hex());
  chunk.id.value[0] ^= 1;
  CHECK(fetcher.fetch_one(pack, chunk).error().kind() == ErrorKind::corrupt);
  CHECK(fetcher.fetch_one(PackEntry(), chunk).error().text() == "the chunk table names a pack that the pack list does not hold");
}

TEST_CASE("a plan gives each number once, also two of one chunk") {
  FetchWorld world(18, 4, {}, 20);
  Reading reading(world);
  FetchPlan plan;
  for (uint32_t number : {3u, 1u, 3u, 2u}) plan.add(number, reading.reader->chunk(number).value());
  plan.add(1000, reading.reader->chunk(1).value());
  Collector collected;
  reading.reader->fetch(plan, collected);
  CHECK(collected.errors.empty());
  CHECK(collected.chunks.size() == 4);
  CHECK(collected.chunks.at(1000) == collected.chunks.at(1));
}

namespace {

class InOrder final : public ChunkSink {              // one after the other, so without a lock
 public:
  void chunk(uint32_t number, ByteSpan) override { numbers.push_back(number); }
  void failed(uint32_t number, const Error&) override {
    const std::lock_guard lock(mutex_);
    lost.push_back(number);
  }
  std::vector<uint32_t> numbers, lost;

 private:
  std::mutex mutex_;
};

}  // namespace

TEST_CASE("a plan in order gives chunks as they were added, each once, however little may be held at once and whatever is lost") {
  const uint64_t in_flight = GENERATE(1, 1 << 20);
  FetchWorld world(19, 5, {.pack_target = 256 << 10}, 60);
  const uint32_t rows = Reading(world).reader->vault_part().table_rows;
  REQUIRE(rows > 20);
  const uint32_t step = rows % 7 != 0 ? 7 : rows - 1;
  const bool loses = GENERATE(false, true);
  if (loses) damage_data(world, Damage::gone);
  Reading reading(world, {.packs_parallel = 4, .bytes_in_flight_max = in_flight});
  FetchPlan plan(FetchPlan::Way::in_order);
  std::vector<uint32_t> wanted;
  for (uint32_t i = 0; i < rows; ++i)
    if (const Result<ChunkRef> ref = reading.reader->chunk(i * step % rows)) {          // from pack to pack, and back
      plan.add(i * step % rows, *ref), plan.add(i / 2 * step % rows, reading.reader->chunk(i / 2 * step % rows).value());
      wanted.push_back(i * step % rows);
    }
  InOrder collected;
  reading.reader->fetch(plan, collected);
  CHECK(collected.lost.empty() == !loses);
  std::erase_if(wanted, [&](uint32_t number) { return std::find(collected.lost.begin(), collected.lost.end(), number) != collected.lost.end(); });
  CHECK(collected.numbers == wanted);
}
