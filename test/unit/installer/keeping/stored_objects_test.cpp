#include "installer/keeping/stored_objects.h"

#include <map>

#include "installer/central/master_history.h"
#include "test/support/catch.h"
#include "test/support/faulty_store.h"
#include "test/unit/installer/central/fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

// A snapshot in the catalogue, and what its agent has put to three systems.
struct World {
  World() {
    const Deadline deadline(made.clock, std::chrono::hours(1));
    intake.put_descriptor(host.id, host.vault, 1, host.descriptor);
    intake.put_key_record(host.id, host.vault, sha256(key_record), key_record);
    intake.put_block(host.id, host.vault, pack_list_digest(host.block), host.block);
    intake.put_record(host.id, host.vault, {snapshot, 1}, record);
    for (FaultyStore* store : {&first, &second, &third}) {
      MemoryStore& inside = store->inside();
      inside.put_object(host.vault, StoredKind::descriptor, "1", host.descriptor, deadline).value();
      inside.put_object(host.vault, StoredKind::key_record, sha256(key_record).hex(), key_record, deadline).value();
      inside.put_object(host.vault, StoredKind::pack_list_block, block_name, host.block, deadline).value();
      CHECK(inside.put_record(host.vault, record_name(snapshot, 1), record, deadline).value().committed());
    }
  }
  NeededObject needed(StoredKind kind, const std::string& name) const {
    return {.vault = host.vault, .kind = kind, .name = name, .places = {first.host(), second.host()}, .copies = 2, .snapshots = {"aa (web/web1)"}};
  }
  std::vector<NeededObject> all() const {
    return {needed(StoredKind::descriptor, ""), needed(StoredKind::key_record, ""), needed(StoredKind::pack_list_block, block_name),
            needed(StoredKind::record, record_name(snapshot, 1))};
  }
  ObjectCheck check(std::vector<ShardStore*> stores) {
    Systems systems(std::move(stores));
    return check_objects(catalogue, systems, made.clock, all(), 100);
  }
  // From here on a store answers what is asked of it by name with this.
  static void fail(FaultyStore& store, ErrorKind kind) {
    store.before_object = [kind](StoredKind, std::string_view name) { return name.empty() ? Result<void>() : Result<void>(Error(kind, "as the test wants it")); };
  }

  TestCentral made;
  CentralState state = made.open();
  MasterHistory masters{state.paths(), state.root()};
  SqliteCatalogue catalogue{state.paths().catalogue()};
  ObjectIntake intake{catalogue, masters, state.catalogue_key(), made.clock};
  TestHost host{state.delegation(), 5};
  const SnapshotId snapshot = host.random.id<SnapshotId>();
  const Bytes key_record = host.key_record(host.recipients), record = host.record(snapshot, 1, "web");
  const std::string block_name = pack_list_digest(host.block).hex();
  FaultyStore first{"store1", made.random.id<HostId>(), made.clock}, second{"store2", made.random.id<HostId>(), made.clock},
      third{"store3", made.random.id<HostId>(), made.clock};
};

}  // namespace

TEST_CASE("objects that lie where they should, or elsewhere, are no risk") {
  World world;
  CHECK(world.check({&world.first, &world.second}).risks.empty());
  world.fail(world.first, ErrorKind::not_found);
  CHECK(world.check({&world.first, &world.second, &world.third}).risks.empty());
}

TEST_CASE("of what lies on fewer systems than declared the systems and the snapshots are named") {
  World world;
  SECTION("it is not there") { world.fail(world.first, ErrorKind::not_found); }
  SECTION("the system does not answer") { world.first.state = StoreState::dead; }
  const ObjectCheck check = world.check({&world.first, &world.second});
  REQUIRE(check.risks.size() == 4);
  for (const ObjectRisk& risk : check.risks) {
    CHECK(risk.good == 1);
    CHECK_FALSE(risk.lost());
    CHECK(risk.systems == std::vector<std::string>{"store1"});
    CHECK(risk.object.snapshots == std::vector<std::string>{"aa (web/web1)"});
  }
  CHECK(check.findings.empty());
}

TEST_CASE("what is on no system is lost, but for what a restore does not read there and the central has") {
  World world;
  for (FaultyStore* store : {&world.first, &world.second}) world.fail(*store, ErrorKind::not_found);
  const ObjectCheck check = world.check({&world.first, &world.second});
  REQUIRE(check.risks.size() == 4);
  std::map<StoredKind, bool> lost;
  for (const ObjectRisk& risk : check.risks) lost[risk.object.kind] = risk.lost();
  CHECK(lost == std::map<StoredKind, bool>{
                    {StoredKind::descriptor, true}, {StoredKind::key_record, false}, {StoredKind::pack_list_block, false}, {StoredKind::record, true}});
  CHECK(check.risks.back().object.text() == "record " + record_name(world.snapshot, 1) + " of vault '" + world.host.vault.hex() + "'");
}

TEST_CASE("what stands under a name and is not that object is damaged, and said") {
  World world;
  const Deadline deadline(world.made.clock, std::chrono::hours(1));
  FaultyStore spoiled("store1", world.first.host(), world.made.clock);
  MemoryStore& inside = spoiled.inside();
  Bytes record = world.record;
  record.back() ^= 1;
  inside.put_object(world.host.vault, StoredKind::descriptor, "2", world.host.descriptor, deadline).value();
  inside.put_object(world.host.vault, StoredKind::key_record, sha256(world.record).hex(), world.key_record, deadline).value();
  inside.put_object(world.host.vault, StoredKind::pack_list_block, world.block_name, world.host.block, deadline).value();
  CHECK(inside.put_record(world.host.vault, record_name(world.snapshot, 1), record, deadline).value().committed());
  const ObjectCheck check = world.check({&spoiled, &world.second});
  CHECK(check.risks.size() == 3);                                            // the block is good
  REQUIRE(check.findings.size() == 3);
  for (const std::string& finding : check.findings) CHECK(finding.find(" on 'store1': ") != std::string::npos);
}
