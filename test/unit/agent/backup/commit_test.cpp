// The commit: who must accept, what is made again, and what the agent is told of packs that too few systems hold.
#include "agent/backup/commit.h"

#include "lib/crypt/digest.h"
#include "test/support/catch.h"
#include "test/support/faulty_store.h"
#include "test/support/pack_world.h"
#include "test/support/still_clock.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

// One pack of 2 + 2 on four of five systems, and the record that names it.
struct World {
  World() {
    for (size_t i = 0; i < 5; ++i)
      systems.push_back(std::make_shared<FaultyStore>("store" + std::to_string(i + 1), vault.random.id<HostId>(), clock));
    for (const auto& system : systems) stores[system->host()] = system;
    const SealedPack pack = vault.pack({2, 2}, {vault.noise(300'000)});
    entry = {pack.header.pack, PackKind::data, pack.header.layout, pack.header.pack_length, {}};
    for (unsigned i = 0; i < 4; ++i) {
      entry.places.push_back(systems[i]->host());
      systems[i]->put(shard(i), pack.shards[i].head, pack.shards[i].payload, Deadline(clock, kLimit)).value();
    }
    bundle.vault = vault.vault;
    bundle.blocks = PackList({entry}).blocks(vault.vault);
    PublicSection section{.vault = vault.vault, .snapshot = vault.random.id<SnapshotId>(), .sequence = 1};
    section.data_packs = {1, {pack_list_digest(bundle.blocks[0])}};
    name = record_name(section.snapshot, 1);
    const RecipientKey reader = OpeningKey::make(vault.random).recipient();
    bundle.record = write_snapshot_record({section, "{}", {reader}, {}}, vault.keys.metadata(), vault.signer, vault.random);
  }
  ShardId shard(unsigned index) const { return {vault.vault, entry.pack, entry.layout, static_cast<uint8_t>(index)}; }
  CommitResult offer(unsigned parity = 2) {
    Targets targets(stores, [](const PackId&, uint64_t) { return std::vector<HostId>(); });
    return SnapshotCommit(targets, clock, vault.signer.public_key()).offer(bundle, name, parity);
  }
  static constexpr Duration kLimit = std::chrono::seconds(1);
  PackWorld vault;
  StillClock clock;
  std::vector<std::shared_ptr<FaultyStore>> systems;
  std::map<HostId, std::shared_ptr<ShardStore>> stores;
  PackEntry entry;
  Bundle bundle;
  std::string name;
};

}  // namespace

TEST_CASE("a record that every place accepts is in force, on m + 2 systems at least") {
  World world;
  const CommitResult result = world.offer();
  CHECK(result.in_force);
  CHECK_FALSE(result.degraded);
  CHECK(result.accepted_by.size() == 4);
  CHECK(world.offer(3).accepted_by.size() == 5);
}

TEST_CASE("k + 1 places make it degraded; it is not when no more was declared") {
  World world;
  world.systems[0]->state = StoreState::dead;
  CHECK(world.offer(2).in_force);
  CHECK(world.offer(2).degraded);
  CHECK_FALSE(world.offer(1).degraded);
}

TEST_CASE("packs of which too few places can be asked are named, whether systems fail or are not known any more") {
  World world;
  world.systems[0]->state = StoreState::dead;
  world.stores.erase(world.systems[1]->host());
  const CommitResult result = world.offer();
  CHECK_FALSE(result.in_force);
  CHECK(result.short_packs == std::unordered_set<PackId>{world.entry.pack});
  CHECK(result.lost_packs.empty());
}

TEST_CASE("a missing shard is made from the others and put where it was") {
  World world;
  world.systems[1]->inside().remove(world.shard(1));
  world.systems[2]->inside().remove(world.shard(2));
  const CommitResult result = world.offer();
  CHECK(result.in_force);
  CHECK_FALSE(result.degraded);
  CHECK(world.systems[1]->inside().shards().size() == 1);
  CHECK(world.systems[2]->inside().shards().size() == 1);
}

TEST_CASE("shards that cannot be made again make their pack lost") {
  World world;
  for (const unsigned i : {0u, 1u, 2u}) world.systems[i]->inside().remove(world.shard(i));
  const CommitResult result = world.offer();
  CHECK_FALSE(result.in_force);
  CHECK(result.lost_packs == std::unordered_set<PackId>{world.entry.pack});
  CHECK(result.short_packs.empty());
}

TEST_CASE("a system that asks for what the record does not claim of it is passed over, and costs the others nothing") {
  for (const bool foreign : {true, false}) {
    World world;
    size_t told = 0;
    const ShardId asked = world.shard(foreign ? 1 : 0);
    world.systems[0]->answer_record = [&](std::string_view) -> std::optional<CommitAnswer> {
      ++told;
      CommitAnswer answer;
      answer.missing_shards = {asked};
      return answer;
    };
    const CommitResult result = world.offer();
    CHECK(told == (foreign ? 1 : 2));                // its own shard is given once
    CHECK(result.in_force);
    CHECK(result.lost_packs.empty());
    CHECK(result.accepted_by.size() == 3);
  }
}

TEST_CASE("a system without room for new shards is offered the record of those it holds") {
  World world;
  Targets targets(world.stores, [](const PackId&, uint64_t) { return std::vector<HostId>(); });
  targets.failed(world.systems[0]->host(), Error(ErrorKind::no_space, "store1: no room"));
  const CommitResult result = SnapshotCommit(targets, world.clock, world.vault.signer.public_key()).offer(world.bundle, world.name, 2);
  CHECK_FALSE(result.degraded);
  CHECK(result.accepted_by.size() == 4);
  CHECK(targets.failures() == std::vector<std::string>{"store1: no room"});
}
