#include "installer/central/rebuild.h"

#include "installer/central/master_history.h"
#include "test/support/catch.h"
#include "test/support/faulty_store.h"
#include "test/unit/installer/central/fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

void put_vault(MemoryStore& store, const TestHost& host, const Bytes& key_record, const Deadline& deadline) {
  store.put_object(host.vault, StoredKind::descriptor, "1", host.descriptor, deadline).value();
  store.put_object(host.vault, StoredKind::key_record, sha256(key_record).hex(), key_record, deadline).value();
  store.put_object(host.vault, StoredKind::pack_list_block, pack_list_digest(host.block).hex(), host.block, deadline).value();
}

}  // namespace

TEST_CASE("a lost catalogue comes back from what the daemons hold") {
  TestCentral made;
  const CentralState state = made.open();
  TestHost host(state.delegation(), 5);
  MemoryStore good("store1", made.random.id<HostId>(), made.clock), spoiled("store2", made.random.id<HostId>(), made.clock);
  const SnapshotId first = host.random.id<SnapshotId>(), second = host.random.id<SnapshotId>();
  const Bytes key_record = host.key_record(host.recipients);
  const Bytes record = host.record(first, 1, "web-content"), altered_record = [&] {
    Bytes bytes = host.record(second, 1, "web-content");
    bytes.back() ^= 1;
    return bytes;
  }();
  const Deadline deadline(made.clock, std::chrono::seconds(1));
  for (MemoryStore* store : {&spoiled, &good}) put_vault(*store, host, key_record, deadline);
  CHECK(good.put_record(host.vault, record_name(first, 1), record, deadline).value().committed());
  CHECK(spoiled.put_record(host.vault, record_name(second, 1), altered_record, deadline).value().committed());

  MasterHistory masters(state.paths(), state.root());
  StorageSystem system{.id = good.host(), .name = "store1", .machine = {}, .address = "127.0.0.1", .port = 7421, .zone = "rack-a", .reported = {}};
  const std::shared_ptr<const MasterCopy> master = masters.issue(
      {.delegation = state.delegation(), .delegation_object = state.delegation_object(), .systems = {system}}, state.master_signer(), made.clock.now());
  SqliteCatalogue catalogue(made.folder / "new.db");
  ObjectIntake intake(catalogue, masters, state.catalogue_key(), made.clock);
  const RebuildContext context{.catalogue = catalogue, .intake = intake, .master = *master, .clock = made.clock};
  Systems systems({&spoiled, &good});

  rebuild_systems(context);
  for (int twice = 0; twice < 2; ++twice) {
    REQUIRE(rebuild_from(context, systems).empty());
    REQUIRE(catalogue.snapshots({}).size() == 1);                            // the altered record is not believed
    CHECK(catalogue.snapshots({}).at(0).id == first);
    CHECK(catalogue.record(first, 1).value() == record);
    CHECK(catalogue.host(host.id)->name.empty());                            // what it calls itself is no name
    CHECK_FALSE(catalogue.host(host.id)->declared);
    CHECK_FALSE(catalogue.host_named("web1"));
    CHECK(catalogue.snapshots({}).at(0).metadata.host == "web1");
    CHECK(catalogue.host(host.id)->recipient == host.own.recipient());
    CHECK(catalogue.host_named("store1")->local);
    CHECK(catalogue.systems().at(0).system == system);
    const std::optional<JobEntry> job = catalogue.job_named("web-content");
    REQUIRE(job);
    CHECK(job->playbook == "nightly");
    CHECK(job->hosts == std::vector<HostId>{host.id});
    CHECK(job->paths == std::vector<std::string>{"/srv"});
    CHECK(catalogue.object(host.vault, ObjectTable::key_records, sha256(key_record)).value() == key_record);
  }
}

TEST_CASE("who did not answer is asked again, and what an apply registered meanwhile stays") {
  TestCentral made;
  const CentralState state = made.open();
  TestHost first(state.delegation(), 5), second(state.delegation(), 6);
  FaultyStore here("store1", made.random.id<HostId>(), made.clock), away("store2", made.random.id<HostId>(), made.clock);
  const SnapshotId one = first.random.id<SnapshotId>(), two = second.random.id<SnapshotId>();
  const Deadline deadline(made.clock, std::chrono::seconds(1));
  put_vault(here.inside(), first, first.key_record(first.recipients), deadline);
  put_vault(away.inside(), second, second.key_record(second.recipients), deadline);
  CHECK(here.inside().put_record(first.vault, record_name(one, 1), first.record(one, 1, "web-content"), deadline).value().committed());
  CHECK(away.inside().put_record(second.vault, record_name(two, 1), second.record(two, 1, "web-content"), deadline).value().committed());
  MasterHistory masters(state.paths(), state.root());
  const std::shared_ptr<const MasterCopy> master = masters.issue(
      {.delegation = state.delegation(), .delegation_object = state.delegation_object()}, state.master_signer(), made.clock.now());
  SqliteCatalogue catalogue(made.folder / "new.db");
  ObjectIntake intake(catalogue, masters, state.catalogue_key(), made.clock);
  const RebuildContext context{.catalogue = catalogue, .intake = intake, .master = *master, .clock = made.clock};

  away.state = StoreState::dead;
  Systems at_first({&here, &away});
  CHECK(rebuild_from(context, at_first) == std::vector<HostId>{away.host()});
  CHECK(catalogue.vaults().size() == 1);
  JobEntry job = catalogue.job_named("web-content").value();
  job.paths = {"/home"};
  catalogue.put_job(job);

  away.state = StoreState::well;
  Systems later({&away});
  CHECK(rebuild_from(context, later).empty());
  CHECK(catalogue.vaults().size() == 2);
  CHECK(catalogue.snapshots({}).size() == 2);
  CHECK(catalogue.job_named("web-content")->paths == std::vector<std::string>{"/home"});
}

TEST_CASE("a snapshot of which some systems hold a second revision is degraded in a catalogue that was lost, too") {
  TestCentral made;
  const CentralState state = made.open();
  TestHost host(state.delegation(), 5);
  MemoryStore both("store1", made.random.id<HostId>(), made.clock), first_only("store2", made.random.id<HostId>(), made.clock);
  const SnapshotId snapshot = host.random.id<SnapshotId>();
  const Bytes first = host.record(snapshot, 1, "web-content"), second = host.record(snapshot, 2, "web-content"), key_record = host.key_record(host.recipients);
  const Deadline deadline(made.clock, std::chrono::seconds(1));
  for (MemoryStore* store : {&both, &first_only}) {
    put_vault(*store, host, key_record, deadline);
    CHECK(store->put_record(host.vault, record_name(snapshot, 1), first, deadline).value().committed());
  }
  CHECK(both.put_record(host.vault, record_name(snapshot, 2), second, deadline).value().committed());
  MasterHistory masters(state.paths(), state.root());
  const std::shared_ptr<const MasterCopy> master = masters.issue(
      {.delegation = state.delegation(), .delegation_object = state.delegation_object()}, state.master_signer(), made.clock.now());
  SqliteCatalogue catalogue(made.folder / "new.db");
  ObjectIntake intake(catalogue, masters, state.catalogue_key(), made.clock);
  Systems systems({&both, &first_only});
  CHECK(rebuild_from({.catalogue = catalogue, .intake = intake, .master = *master, .clock = made.clock}, systems).empty());
  REQUIRE(catalogue.snapshots({}).size() == 1);
  CHECK(catalogue.snapshots({}).at(0).revision == 2);
  CHECK(catalogue.snapshots({}).at(0).state() == "degraded");
}

TEST_CASE("a system that failed one question is asked again: only what it says is not there is not there") {
  TestCentral made;
  const CentralState state = made.open();
  TestHost host(state.delegation(), 5);
  FaultyStore store("store1", made.random.id<HostId>(), made.clock);
  const SnapshotId snapshot = host.random.id<SnapshotId>();
  const Deadline deadline(made.clock, std::chrono::seconds(1));
  put_vault(store.inside(), host, host.key_record(host.recipients), deadline);
  CHECK(store.inside().put_record(host.vault, record_name(snapshot, 1), host.record(snapshot, 1, "web-content"), deadline).value().committed());
  MasterHistory masters(state.paths(), state.root());
  const std::shared_ptr<const MasterCopy> master = masters.issue(
      {.delegation = state.delegation(), .delegation_object = state.delegation_object()}, state.master_signer(), made.clock.now());
  SqliteCatalogue catalogue(made.folder / "new.db");
  ObjectIntake intake(catalogue, masters, state.catalogue_key(), made.clock);
  const RebuildContext context{.catalogue = catalogue, .intake = intake, .master = *master, .clock = made.clock};
  const auto asked_again = [&] {
    Systems systems({&store});
    return rebuild_from(context, systems);
  };
  for (const bool of_a_list : {true, false})
    for (const StoredKind kind : {StoredKind::descriptor, StoredKind::key_record, StoredKind::pack_list_block, StoredKind::record})
      for (const ErrorKind fault : {ErrorKind::failed, ErrorKind::busy}) {
        store.before_object = [&](StoredKind asked, std::string_view name) -> Result<void> {
          if (asked == kind && name.empty() == of_a_list) return Error(fault, "input/output error");
          return {};
        };
        SqliteCatalogue fresh(made.folder / ("new" + std::to_string(made.random.below(1'000'000'000)) + ".db"));
        ObjectIntake its_intake(fresh, masters, state.catalogue_key(), made.clock);
        Systems systems({&store});
        CHECK(rebuild_from({.catalogue = fresh, .intake = its_intake, .master = *master, .clock = made.clock}, systems) == std::vector<HostId>{store.host()});
      }
  store.before_object = nullptr;
  CHECK(asked_again().empty());
  CHECK(catalogue.snapshots({}).size() == 1);
}

namespace {

struct Lost {                                            // a catalogue that was lost, and one system with what hosts have put
  void put(TestHost& host, const std::string& job, const JobId& id) {
    const SnapshotId snapshot = host.random.id<SnapshotId>();
    put_vault(store, host, host.key_record(host.recipients), deadline);
    host.of_job = id;
    CHECK(store.put_record(host.vault, record_name(snapshot, 1), host.record(snapshot, 1, job), deadline).value().committed());
    made.clock.sleep(std::chrono::seconds(1));
  }
  void rebuild() {
    Systems systems({&store});
    CHECK(rebuild_from({.catalogue = catalogue, .intake = intake, .master = *master, .clock = made.clock}, systems).empty());
  }
  JobId job() { return made.random.id<JobId>(); }

  TestCentral made;
  CentralState state = made.open();
  MemoryStore store{"store1", made.random.id<HostId>(), made.clock};
  const Deadline deadline{made.clock, std::chrono::hours(1)};
  MasterHistory masters{state.paths(), state.root()};
  std::shared_ptr<const MasterCopy> master =
      masters.issue({.delegation = state.delegation(), .delegation_object = state.delegation_object()}, state.master_signer(), made.clock.now());
  SqliteCatalogue catalogue{made.folder / "new.db"};
  ObjectIntake intake{catalogue, masters, state.catalogue_key(), made.clock};
};

}  // namespace

TEST_CASE("after a lost catalogue no host has the name that another says is its own") {
  Lost lost;
  TestHost honest(lost.state.delegation(), 5), hostile(lost.state.delegation(), 6);
  lost.put(honest, "web", lost.job());
  lost.put(hostile, "web", lost.job());
  lost.rebuild();
  CHECK_FALSE(lost.catalogue.host_named("web1"));
  for (const TestHost* host : {&honest, &hostile}) CHECK(lost.catalogue.host(host->id)->name.empty());
  HostEntry named = lost.catalogue.host(honest.id).value();
  named.name = "web1";
  lost.catalogue.put_host(named);
  lost.rebuild();
  CHECK(lost.catalogue.host_named("web1")->id == honest.id);
}

TEST_CASE("jobs whose names were exchanged, or are said to be others', come back each by itself") {
  Lost lost;
  TestHost first(lost.state.delegation(), 5), second(lost.state.delegation(), 6), hostile(lost.state.delegation(), 7);
  const JobId a = lost.job(), b = lost.job(), shared = lost.job(), strange = lost.job();
  lost.put(first, "a", a);
  lost.put(first, "b", b);
  lost.put(first, "b", a);                               // from here on called otherwise
  lost.put(first, "a", b);
  lost.put(first, "etc", shared);
  lost.put(second, "etc", shared);
  lost.put(hostile, "mine", shared);
  lost.put(hostile, "etc", strange);
  lost.rebuild();
  CHECK(lost.catalogue.job(a)->name == "b");
  CHECK(lost.catalogue.job(b)->name == "a");
  CHECK(lost.catalogue.job_named("etc")->id == shared);
  CHECK(lost.catalogue.job(shared)->hosts == std::vector<HostId>{first.id, second.id});
  CHECK_FALSE(lost.catalogue.job(strange));
  CHECK(lost.catalogue.snapshots({}).size() == 8);
  lost.rebuild();
  CHECK(lost.catalogue.jobs().size() == 3);
}
