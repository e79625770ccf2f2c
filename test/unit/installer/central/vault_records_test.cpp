// Which records a rebuilding takes: those in force, and those that may be as far as the systems that answer can tell.
#include "installer/central/vault_records.h"

#include "installer/central/master_history.h"
#include "installer/central/rebuild.h"
#include "installer/central/run_board.h"
#include "lib/wire/json.h"
#include "test/support/catch.h"
#include "test/support/faulty_store.h"
#include "test/unit/installer/central/fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

constexpr Layout kThreeOfFive{3, 2};

struct World {
  World() : state(made.open()), masters(state.paths(), state.root()), host(state.delegation(), 5) {
    masters.issue({.delegation = state.delegation(), .delegation_object = state.delegation_object()}, state.master_signer(), made.clock.now());
    std::vector<HostId> places;
    for (int i = 1; i <= 5; ++i) {
      stores.push_back(std::make_unique<FaultyStore>("store" + std::to_string(i), made.random.id<HostId>(), made.clock));
      places.push_back(stores.back()->host());
    }
    unplaced = host.record(snapshot, 1, "web-content");
    put(host.block);
    host.place(kThreeOfFive, places);
    put(host.block);
    placed = host.record(snapshot, 1, "web-content");
  }
  void put(const Bytes& block) {
    const Deadline deadline(made.clock, std::chrono::seconds(1));
    for (const auto& store : stores) {
      store->put_object(host.vault, StoredKind::descriptor, "1", host.descriptor, deadline).value();
      store->put_object(host.vault, StoredKind::pack_list_block, pack_list_digest(block).hex(), block, deadline).value();
    }
  }
  // As a daemon that holds its shards would; a store in memory would want to see them.
  void accept(size_t first, size_t last, uint32_t revision = 1) {
    accept(record_name(snapshot, revision), revision == 1 ? placed : host.record(snapshot, revision, "web-content"), first, last);
  }
  void accept(const std::string& name, const Bytes& record, size_t first, size_t last) {
    for (size_t i = first; i <= last; ++i) {
      MemoryStore& store = stores.at(i - 1)->inside();
      REQUIRE(store.put_record(host.vault, name, unplaced, Deadline(made.clock, std::chrono::seconds(1))).value().committed());
      REQUIRE(store.replace_object(host.vault, StoredKind::record, name, record));
    }
  }
  Bytes record_of_run(const SnapshotId& of, const RunId& made_by) {
    SnapshotDraft draft{SnapshotRecord::parse_public(placed).value(), to_json(SecondMetadata{.job = "web-content", .host = "web1"}),
                        {host.trust.catalogue, host.trust.recovery.at(0)}, {}};
    draft.public_section.snapshot = of, draft.public_section.run = made_by, draft.public_section.sequence = ++host.sequence;
    return write_snapshot_record(draft, host.keys.metadata(), host.signer, made.random);
  }
  std::vector<SnapshotEntry> rebuilt() {
    std::vector<ShardStore*> all;
    for (const auto& store : stores) all.push_back(store.get());
    Systems systems(all);
    SqliteCatalogue catalogue(made.folder / ("new" + std::to_string(++rebuilds) + ".db"));
    if (run) catalogue.put_run(*run);
    ObjectIntake intake(catalogue, masters, state.catalogue_key(), made.clock);
    const RebuildContext context{.catalogue = catalogue, .intake = intake, .master = *masters.newest(), .clock = made.clock};
    rebuild_from(context, systems);
    return catalogue.snapshots({});
  }

  TestCentral made;
  CentralState state;
  MasterHistory masters;
  TestHost host;
  std::vector<std::unique_ptr<FaultyStore>> stores;
  SnapshotId snapshot = made.random.id<SnapshotId>();
  Bytes unplaced, placed;
  int rebuilds = 0;
  std::optional<RunEntry> run;                       // that the catalogue knows; records of this fixture have no id of a run, as it has none
};

}  // namespace

TEST_CASE("a record that too few of its systems took was given up by its agent, and is no snapshot") {
  World world;
  world.accept(1, 2);
  CHECK(world.rebuilt().empty());
  world.accept(3, 3);
  CHECK(world.rebuilt().size() == 1);
}

TEST_CASE("a system that is away may hold what the others lack: nothing is dropped that may be whole") {
  World world;
  world.accept(1, 2);
  world.stores[2]->state = StoreState::dead;
  CHECK(world.rebuilt().size() == 1);
  world.stores[2]->state = StoreState::well;
  world.stores[0]->state = world.stores[1]->state = StoreState::dead;         // nobody who answers lists it
  CHECK(world.rebuilt().empty());
}

TEST_CASE("systems that took different revisions of a snapshot hold the same packs") {
  World world;
  world.accept(1, 2, 1);
  world.accept(3, 3, 2);
  REQUIRE(world.rebuilt().size() == 1);
  CHECK(world.rebuilt().at(0).revision == 2);
}

TEST_CASE("while its run has not ended, a record counts once as many systems list it as a commit needs") {
  World world;
  world.run = RunEntry{.kind = "backup", .state = "running", .queued = world.made.clock.now()};
  world.accept(1, 3);
  CHECK(world.rebuilt().empty());
  world.stores[3]->state = StoreState::dead;         // may hold it, or be about to be offered it
  CHECK(world.rebuilt().empty());
  world.accept(4, 4);
  world.stores[3]->state = StoreState::well;
  CHECK(world.rebuilt().size() == 1);
  World other;
  other.accept(1, 3);
  other.run = RunEntry{.kind = "backup", .state = "complete", .ended = Time{1}};
  CHECK(other.rebuilt().size() == 1);
  other.run->state = "failed";
  CHECK(other.rebuilt().empty());
  other.run = RunEntry{.kind = "backup", .state = "running", .queued = other.made.clock.now()};
  other.made.clock.sleep(kRunLateAfter);             // its host is gone
  CHECK(other.rebuilt().size() == 1);
}

TEST_CASE("of a run that told of another snapshot a record counts as its agent would judge it") {
  World world;
  world.run = RunEntry{.kind = "backup", .state = "complete", .snapshot = world.made.random.id<SnapshotId>().hex(), .ended = Time{1}};
  world.accept(1, 3);
  CHECK(world.rebuilt().empty());
  world.stores[3]->state = StoreState::dead;
  CHECK(world.rebuilt().empty());
  world.stores[3]->state = StoreState::well;
  world.accept(4, 4);
  CHECK(world.rebuilt().size() == 1);
  World same;
  same.run = RunEntry{.kind = "backup", .state = "complete", .snapshot = same.snapshot.hex(), .ended = Time{1}};
  same.accept(1, 3);
  CHECK(same.rebuilt().size() == 1);
}

TEST_CASE("of two snapshots of a run the one that was given up for the other is none, whatever they are called") {
  const SnapshotId low = SnapshotId::parse("0102030405060708090a0b0c0d0e0f10").value(), high = SnapshotId::parse("f102030405060708090a0b0c0d0e0f10").value();
  for (const auto& [given_up, made] : {std::pair(low, high), std::pair(high, low)}) {
    World world;
    const RunId run = world.made.random.id<RunId>(), other = world.made.random.id<RunId>();
    world.accept(record_name(given_up, 1), world.record_of_run(given_up, run), 1, 3);
    REQUIRE(world.rebuilt().size() == 1);              // nothing tells that there was another one
    world.made.clock.sleep(std::chrono::minutes(1));
    world.accept(record_name(made, 1), world.record_of_run(made, run), 1, 4);
    REQUIRE(world.rebuilt().size() == 1);
    CHECK(world.rebuilt().at(0).id == made);
    world.accept(record_name(world.snapshot, 1), world.record_of_run(world.snapshot, other), 1, 3);
    CHECK(world.rebuilt().size() == 2);
    world.accept(record_name(given_up, 1), world.record_of_run(given_up, run), 4, 4);
    CHECK(world.rebuilt().size() == 3);                // both are in force: agents of earlier releases have made such
  }
}

TEST_CASE("a rebuilt snapshot counts from the middle one of the daemons' stamps") {
  const ListedRecord three{.systems = {}, .stamps = {Time{500}, Time{9'000'000}, Time{400}}};
  CHECK(three.received(Time{7}) == Time{500});
  CHECK(ListedRecord{.systems = {}, .stamps = {Time{}, Time{30}}}.received(Time{7}) == Time{30});
  CHECK(ListedRecord{.systems = {}, .stamps = {Time{}}}.received(Time{7}) == Time{7});
  World world;
  const Time before = world.made.clock.now();
  world.accept(1, 5);
  world.made.clock.sleep(std::chrono::hours(24 * 30));
  CHECK(world.rebuilt().at(0).received == before);
}
