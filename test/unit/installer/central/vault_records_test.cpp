// Which records a rebuilding takes: those in force, and those that may be as far as the systems that answer can tell.
#include "installer/central/vault_records.h"

#include "installer/central/master_history.h"
#include "installer/central/rebuild.h"
#include "installer/central/run_board.h"
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
    const std::string name = record_name(snapshot, revision);
    for (size_t i = first; i <= last; ++i) {
      MemoryStore& store = stores.at(i - 1)->inside();
      REQUIRE(store.put_record(host.vault, name, unplaced, Deadline(made.clock, std::chrono::seconds(1))).value().committed());
      REQUIRE(store.replace_object(host.vault, StoredKind::record, name, revision == 1 ? placed : host.record(snapshot, revision, "web-content")));
    }
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
