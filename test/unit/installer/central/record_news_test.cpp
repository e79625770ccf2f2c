// What the daemons hold and the catalogue does not know: found by one figure a vault, taken up once, and asked for no more than needed.
#include "installer/central/record_news.h"

#include "installer/central/master_history.h"
#include "test/support/catch.h"
#include "test/support/faulty_store.h"
#include "test/unit/installer/central/fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

constexpr Duration kLimit = std::chrono::seconds(3);

struct World {
  World() : state(made.open()), masters(state.paths(), state.root()), host(state.delegation(), 5) {
    masters.issue({.delegation = state.delegation(), .delegation_object = state.delegation_object()}, state.master_signer(), made.clock.now());
    key_record = host.key_record(host.recipients);
    for (int i = 1; i <= 3; ++i) {
      stores.push_back(std::make_unique<FaultyStore>("store" + std::to_string(i), made.random.id<HostId>(), made.clock));
      MemoryStore& store = stores.back()->inside();
      store.put_object(host.vault, StoredKind::descriptor, "1", host.descriptor, soon()).value();
      store.put_object(host.vault, StoredKind::key_record, sha256(key_record).hex(), key_record, soon()).value();
      store.put_object(host.vault, StoredKind::pack_list_block, pack_list_digest(host.block).hex(), host.block, soon()).value();
    }
    open("catalogue");
  }
  Deadline soon() const { return Deadline(made.clock, std::chrono::seconds(1)); }
  void open(const std::string& name) {
    intake.reset();
    catalogue = std::make_unique<SqliteCatalogue>(made.folder / (name + ".db"));
    intake.emplace(*catalogue, masters, state.catalogue_key(), made.clock);
  }
  // The catalogue as it is now, to be put back later.
  void copy() {
    open("none");
    std::filesystem::copy(made.folder / "catalogue.db", made.folder / "copy.db", std::filesystem::copy_options::overwrite_existing);
    open("catalogue");
  }
  void put_back() {
    open("none");
    std::filesystem::copy(made.folder / "copy.db", made.folder / "catalogue.db", std::filesystem::copy_options::overwrite_existing);
    open("catalogue");
  }
  // A backup that these systems took; the host tells the central of it, or not.
  SnapshotId back_up(const std::vector<size_t>& takers, bool told = true) {
    const SnapshotId snapshot = host.random.id<SnapshotId>();
    const Bytes record = host.record(snapshot, 1, "web-content");
    for (const size_t i : takers) REQUIRE(stores.at(i)->inside().put_record(host.vault, record_name(snapshot, 1), record, soon()).value().committed());
    if (!told) return snapshot;
    intake->put_descriptor(host.id, host.vault, 1, host.descriptor);
    intake->put_block(host.id, host.vault, pack_list_digest(host.block), host.block);
    intake->put_record(host.id, host.vault, {snapshot, 1}, record);
    return snapshot;
  }
  RecordNews news() {
    std::vector<ShardStore*> all;
    for (const auto& store : stores) {
      all.push_back(store.get());
      store->before_object = [this](StoredKind kind, std::string_view name) -> Result<void> {
        if (kind == StoredKind::record && name.empty()) ++lists;
        return fault ? Result<void>(*fault) : Result<void>();
      };
    }
    Systems systems(all);
    lists = 0;
    return take_record_news({.catalogue = *catalogue, .intake = *intake, .master = *masters.newest(), .clock = made.clock}, systems, kLimit);
  }
  std::vector<SnapshotId> taken() {
    std::vector<SnapshotId> ids;
    for (const SnapshotEntry& entry : news().taken) ids.push_back(entry.id);
    return ids;
  }
  std::vector<SnapshotId> known() {
    std::vector<SnapshotId> ids;
    for (const SnapshotEntry& entry : catalogue->snapshots({})) ids.push_back(entry.id);
    return ids;
  }

  TestCentral made;
  CentralState state;
  MasterHistory masters;
  TestHost host;
  Bytes key_record;
  std::vector<std::unique_ptr<FaultyStore>> stores;
  std::unique_ptr<SqliteCatalogue> catalogue;
  std::optional<ObjectIntake> intake;
  std::atomic<int> lists = 0;                        // of records, that the systems gave; a figure of a store in memory is made of one
  std::optional<Error> fault;
};

using Snapshots = std::vector<SnapshotId>;

}  // namespace

TEST_CASE("ordinary backups are no news, and cost no list of records") {
  World world;
  for (int i = 0; i < 3; ++i) {
    world.back_up({0, 1});
    if (i == 1) world.back_up({1, 2});
    const RecordNews news = world.news();
    CHECK(news.taken.empty());
    CHECK(news.owing.empty());
    CHECK(news.silent.empty());
  }
  world.back_up({0, 1});
  CHECK(world.news().taken.empty());
  CHECK(world.lists == 3);                           // their figures alone
}

TEST_CASE("a catalogue put back takes up what was backed up since, once") {
  World world;
  const SnapshotId first = world.back_up({0, 1});
  CHECK(world.taken().empty());
  world.copy();
  const SnapshotId second = world.back_up({0, 1}), third = world.back_up({1, 2});
  CHECK(world.taken().empty());
  world.put_back();
  REQUIRE(world.known() == Snapshots{first});
  CHECK(world.taken() == Snapshots{second, third});
  CHECK(world.known() == Snapshots{first, second, third});
  CHECK(world.catalogue->object(world.host.vault, ObjectTable::key_records, sha256(world.key_record)).has_value());
  CHECK(world.taken().empty());
  CHECK(world.lists == 3);
}

TEST_CASE("a backup made after the catalogue was put back hides nothing below it") {
  World world;
  world.back_up({0, 1});
  CHECK(world.taken().empty());
  world.copy();
  const SnapshotId hidden = world.back_up({0, 1});
  world.put_back();
  world.back_up({0, 1, 2});
  CHECK(world.taken() == Snapshots{hidden});
  CHECK(world.known().size() == 3);
}

TEST_CASE("as many records as are missing, others by name, are still found") {
  World world;
  world.back_up({0});
  world.copy();
  const SnapshotId missing = world.back_up({0});
  world.put_back();
  world.back_up({1});                                // the catalogue has two of the vault, and so has the first system: not the same two
  CHECK(world.taken() == Snapshots{missing});
}

TEST_CASE("what waits on its host is taken from the daemons, and what comes again changes nothing") {
  World world;
  world.back_up({0, 1});
  const SnapshotId waiting = world.back_up({0, 1}, false);
  CHECK(world.taken() == Snapshots{waiting});
  const Bytes record = world.catalogue->record(waiting, 1).value();
  world.intake->put_record(world.host.id, world.host.vault, {waiting, 1}, record);
  CHECK(world.taken().empty());
  CHECK(world.known().size() == 2);
}

TEST_CASE("a vault that the catalogue does not know at all is taken up whole") {
  World world;
  const Snapshots all{world.back_up({0, 1}, false), world.back_up({1, 2}, false)};
  CHECK(world.taken() == all);
  CHECK(world.catalogue->vault(world.host.vault).has_value());
  CHECK(world.catalogue->host(world.host.id)->name.empty());         // what it calls itself is no name
}

TEST_CASE("what is taken up of one host says nothing of others") {
  World world;
  world.back_up({0, 1});
  TestHost removed(world.state.delegation(), 6);
  world.intake->put_descriptor(removed.id, removed.vault, 1, removed.descriptor);
  const SnapshotId waiting = world.back_up({0, 1}, false);
  CHECK(world.taken() == Snapshots{waiting});
  CHECK(world.catalogue->host(world.host.id).has_value());
  CHECK_FALSE(world.catalogue->host(removed.id).has_value());
}

TEST_CASE("a second revision of a known snapshot is taken up without being a snapshot more") {
  World world;
  const SnapshotId snapshot = world.back_up({0, 1});
  CHECK(world.taken().empty());
  const Bytes second = world.host.record(snapshot, 2, "web-content");
  REQUIRE(world.stores[0]->inside().put_record(world.host.vault, record_name(snapshot, 2), second, world.soon()).value().committed());
  CHECK(world.taken().empty());
  CHECK(world.catalogue->snapshot(snapshot)->state() == "degraded");
}

TEST_CASE("who is away is named, and tells when it is there again; what the others hold comes at once") {
  World world;
  world.back_up({0});
  world.copy();
  const SnapshotId shared = world.back_up({0, 1}), alone = world.back_up({2});
  world.put_back();
  world.stores[1]->state = StoreState::dead;
  world.stores[2]->state = StoreState::dead;
  const RecordNews some = world.news();
  CHECK(some.silent == std::vector<HostId>{world.stores[1]->host(), world.stores[2]->host()});
  REQUIRE(some.taken.size() == 1);
  CHECK(some.taken[0].id == shared);
  world.stores[1]->state = world.stores[2]->state = StoreState::well;
  const RecordNews rest = world.news();
  CHECK(rest.silent.empty());
  REQUIRE(rest.taken.size() == 1);
  CHECK(rest.taken[0].id == alone);
}

TEST_CASE("what could not be taken is owed, and asked for again") {
  World world;
  world.back_up({0});
  world.copy();
  const SnapshotId missing = world.back_up({0});
  world.put_back();
  std::atomic<int> objects = 0;
  for (const auto& store : world.stores) store->before_object = nullptr;
  Systems systems({world.stores[0].get()});
  world.stores[0]->before_object = [&](StoredKind kind, std::string_view name) -> Result<void> {
    if (kind != StoredKind::record || name.empty()) return {};
    ++objects;
    return Error(ErrorKind::failed, "input/output error");
  };
  const RebuildContext context{.catalogue = *world.catalogue, .intake = *world.intake, .master = *world.masters.newest(), .clock = world.made.clock};
  for (int twice = 1; twice <= 2; ++twice) {
    const RecordNews news = take_record_news(context, systems, kLimit);
    CHECK(news.owing == std::vector<HostId>{world.stores[0]->host()});
    CHECK(news.taken.empty());
    CHECK(objects == twice);
  }
  CHECK(world.taken() == Snapshots{missing});
}

TEST_CASE("a record that its agent may still be offering is owed until enough systems hold it") {
  World world;
  world.catalogue->put_run({.kind = "backup", .state = "running", .queued = world.made.clock.now()});
  world.host.place(copies(2), {world.stores[0]->host(), world.stores[1]->host()});
  for (const auto& store : world.stores)
    store->inside().put_object(world.host.vault, StoredKind::pack_list_block, pack_list_digest(world.host.block).hex(), world.host.block, world.soon()).value();
  const SnapshotId snapshot = world.host.random.id<SnapshotId>();
  const Bytes record = world.host.record(snapshot, 1, "web-content");
  const auto hold = [&](size_t i) {                  // a store in memory would want to see the shards
    MemoryStore& store = world.stores[i]->inside();
    const Bytes unplaced = TestHost(world.state.delegation(), 5).record(snapshot, 1, "web-content");
    store.put_record(world.host.vault, record_name(snapshot, 1), unplaced, world.soon()).value();
    REQUIRE(store.replace_object(world.host.vault, StoredKind::record, record_name(snapshot, 1), record));
  };
  hold(0);
  for (int twice = 0; twice < 2; ++twice) CHECK(world.news().owing == std::vector<HostId>{world.stores[0]->host()});
  CHECK(world.known().empty());
  hold(1);
  CHECK(world.taken() == Snapshots{snapshot});
}

TEST_CASE("a record that does not verify is refused once, and keeps no other back") {
  World world;
  world.back_up({0});
  const SnapshotId altered = world.back_up({0}, false), good = world.back_up({0}, false);
  Bytes spoiled = world.stores[0]->inside().get_object(world.host.vault, StoredKind::record, record_name(altered, 1), world.soon()).value();
  spoiled.back() ^= 1;
  REQUIRE(world.stores[0]->inside().replace_object(world.host.vault, StoredKind::record, record_name(altered, 1), spoiled));
  CHECK(world.taken() == Snapshots{good});
  const RecordNews again = world.news();
  CHECK(again.taken.empty());
  CHECK(again.owing.empty());
  CHECK(world.lists == 3);
}

TEST_CASE("records that are gone from a system are no news") {
  World world;
  world.back_up({0, 1});
  world.back_up({0, 1});
  CHECK(world.taken().empty());
  MemoryStore fresh("store1", world.stores[0]->host(), world.made.clock);       // the same system, with an empty disk
  Systems systems({&fresh});
  const RecordNews news = take_record_news({.catalogue = *world.catalogue, .intake = *world.intake, .master = *world.masters.newest(), .clock = world.made.clock},
                                           systems, kLimit);
  CHECK(news.taken.empty());
  CHECK(news.owing.empty());
  CHECK(world.known().size() == 2);
}
