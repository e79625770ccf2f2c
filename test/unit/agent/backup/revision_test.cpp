// What is known of a snapshot only when its record is signed already: a second revision says it, everywhere.
#include "agent/backup/revision.h"

#include "lib/fetch/records.h"
#include "test/support/catch.h"
#include "test/unit/agent/backup/backup_bench.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

struct World {
  World() : bench(4) { bench.write("file", 4 << 20, 1); }      // over a stripe: 2 + 2, not copies
  HeldSnapshot held(const RunResult& run) {
    std::vector<ShardStore*> stores;
    for (const auto& system : bench.systems) stores.push_back(system.get());
    Systems systems(stores);
    return find_snapshot({systems, bench.clock}, bench.vault.descriptor(), SnapshotId::parse(run.snapshot).value()).value();
  }
  std::vector<std::string> waiting(OutboxStage stage) const {
    std::vector<std::string> names;
    for (const Outbox::Item& item : outbox.items(stage)) names.push_back(item.name);
    return names;
  }
  void fail_commits(size_t system) {
    bench.systems.at(system)->before_record = [](std::string_view) { return Result<void>(Error(ErrorKind::unreachable, "connection refused")); };
  }
  BackupBench bench;
  Outbox outbox{bench.state / "waiting"};
};

}  // namespace

TEST_CASE("a system that fails at the commit alone: a second revision of the record says that the snapshot is degraded") {
  World world;
  world.fail_commits(2);
  const RunResult run = world.bench.back_up({2, 2});
  CHECK(run.state == "degraded");
  const HeldSnapshot held = world.held(run);
  const PublicSection& facts = held.record.public_section();
  CHECK(facts.revision == 2);
  CHECK(facts.state.degraded);
  CHECK(held.systems.size() == 3);
  const SnapshotRecord first_record = world.bench.record(run);
  const PublicSection& first = first_record.public_section();
  CHECK_FALSE(first.state.degraded);
  CHECK(facts.sequence == first.sequence);
  CHECK(facts.previous == first.previous);
  CHECK(facts.data_packs == first.data_packs);
  CHECK(held.record.open_second(world.bench.recovery).value() == first_record.open_second(world.bench.recovery).value());
  const MetadataKeys& keys = world.bench.vault.keys().metadata();
  CHECK(held.record.open_vault_part(keys).value() == first_record.open_vault_part(keys).value());
  CHECK(world.waiting(OutboxStage::send) == std::vector<std::string>{run.snapshot + ".2"});      // the central hears the truth only
  CHECK(world.waiting(OutboxStage::commit).empty());
}

TEST_CASE("after a degraded snapshot the chain of records goes on, and a good commit needs no second revision") {
  World world;
  world.fail_commits(2);
  const RunResult degraded = world.bench.back_up({2, 2});
  world.bench.systems[2]->before_record = {};
  const RunResult next = world.bench.back_up({2, 2});
  CHECK(next.state == "complete");
  const HeldSnapshot held = world.held(next);
  CHECK(held.record.public_section().revision == 1);
  CHECK(held.record.public_section().sequence == 2);
  CHECK(held.record.public_section().previous == world.bench.record(degraded).digest());
}

TEST_CASE("a system that was known to fail before the commit is in the first revision") {
  World world;
  world.bench.systems[1]->state = StoreState::dead;
  const RunResult run = world.bench.back_up({2, 2});
  CHECK(run.state == "degraded");
  CHECK(world.held(run).record.public_section().revision == 1);
}

TEST_CASE("of one revision there are never two: what waits already is kept") {
  World world;
  world.bench.back_up({2, 2});
  const Outbox::Item first = world.outbox.items(OutboxStage::send).at(0);
  world.outbox.move(first, OutboxStage::commit).value();
  const Outbox::Item item{first.name, OutboxStage::commit};
  const Bundle bundle = world.outbox.load(item).value();
  const Bundle one = degraded_revision(bundle, world.bench.vault, world.bench.random).value();
  const Bundle other = degraded_revision(bundle, world.bench.vault, world.bench.random).value();
  REQUIRE(one.record != other.record);
  const std::string name = replace_waiting(world.outbox, item, one).value();
  world.outbox.add(first.name, bundle).value();                  // as a crash in between leaves it
  CHECK(replace_waiting(world.outbox, item, other).value() == name);
  CHECK(world.waiting(OutboxStage::commit) == std::vector<std::string>{name});
  CHECK(world.outbox.load({name, OutboxStage::commit}).value().record == one.record);

  Bundle older_release = bundle;
  older_release.second.clear();
  CHECK(degraded_revision(older_release, world.bench.vault, world.bench.random).error().kind() == ErrorKind::not_found);
}
