#include "installer/central/rebuild.h"

#include "installer/central/master_history.h"
#include "lib/store/memory_store.h"
#include "test/support/catch.h"
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
    REQUIRE(rebuild_from(context, systems));
    REQUIRE(catalogue.snapshots({}).size() == 1);                            // the altered record is not believed
    CHECK(catalogue.snapshots({}).at(0).id == first);
    CHECK(catalogue.record(first, 1).value() == record);
    CHECK(catalogue.host(host.id)->name == "web1");
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
  Systems nobody({});
  CHECK_FALSE(rebuild_from(context, nobody));
}
