// Descriptors, key records and snapshot records among systems, some of which lie.
#include "lib/fetch/records.h"

#include "test/support/catch.h"
#include "test/support/fetch_world.h"
#include "test/support/forged_descriptor.h"

using namespace sparekeep;

namespace {

struct Asking {
  explicit Asking(FetchWorld& world) : systems(world.stores()), query{systems, world.clock, std::chrono::seconds(10), &findings} {}
  std::vector<ObjectFinding> findings;
  Systems systems;
  RecordQuery query;
};

std::string name_of(const SnapshotRecord& record) {
  return record_name(record.public_section().snapshot, record.public_section().revision);
}

}  // namespace

TEST_CASE("vaults, descriptor, key record and snapshots are found on any one system") {
  FetchWorld world(21, 3, {.layout = copies(2)}, 5);
  const SnapshotRecord second = world.vault.write(world.files, world.stores(), {.layout = copies(2)});
  for (size_t left = 0; left < 3; ++left) {
    for (size_t i = 0; i < 3; ++i) world.systems[i]->state = i == left ? StoreState::well : i % 2 ? StoreState::dead : StoreState::frozen;
    Asking asking(world);
    CHECK(list_vaults(asking.query).value() == std::vector<VaultId>{world.vault.vault});
    const VaultDescriptor descriptor = find_descriptor(asking.query, world.vault.vault).value();
    CHECK(descriptor == world.vault.descriptor);
    const KeyRecord keys = find_key_record(asking.query, world.vault.vault, descriptor.signer, world.vault.recovery.recipient()).value();
    CHECK(keys.open(world.vault.recovery).value().key_check() == world.vault.keys.key_check());
    const std::vector<HeldSnapshot> snapshots = list_snapshots(asking.query, descriptor).value();
    REQUIRE(snapshots.size() == 2);
    CHECK(snapshots[0].record.digest() == world.record->digest());
    CHECK(snapshots[1].record.digest() == second.digest());
    CHECK(snapshots[1].systems == std::vector<HostId>{world.systems[left]->host()});
    CHECK(snapshots[1].received == std::vector<Time>{world.systems[left]->inside().list_objects(
        world.vault.vault, StoredKind::record, Deadline(world.clock, std::chrono::seconds(1))).value()[0].received});
    CHECK(find_snapshot(asking.query, descriptor, second.public_section().snapshot).value().record.digest() == second.digest());
    CHECK(asking.findings.empty());
  }
}

TEST_CASE("nobody there is unreachable, nothing there is not found") {
  FetchWorld world(22, 2, {.layout = copies(2)}, 5);
  Asking asking(world);
  const VaultId other = world.vault.random.id<VaultId>();
  CHECK(find_descriptor(asking.query, other).error().text() == "no system holds a descriptor of vault " + other.hex() + " that verifies");
  const SnapshotId none = world.vault.random.id<SnapshotId>();
  CHECK(find_snapshot(asking.query, world.vault.descriptor, none).error().text() ==
        "no system holds a record of snapshot " + none.hex() + " that verifies");
  CHECK(find_key_record(asking.query, world.vault.vault, world.vault.signer.public_key(), world.vault.central.recipient()).error().kind() ==
        ErrorKind::not_found);
  for (const auto& system : world.systems) system->state = StoreState::dead;
  CHECK(list_vaults(asking.query).error().text() == "store1: connection refused");
  CHECK(list_vaults(asking.query).error().text() == "there is no storage system to ask");
}

TEST_CASE("an altered record is reported and taken from another system; an older revision is better than none") {
  FetchWorld world(23, 3, {.layout = copies(2)}, 5);
  const std::string name = name_of(*world.record);
  Bytes altered = world.record->object();
  altered[100] ^= 1;
  CHECK(world.systems[0]->inside().replace_object(world.vault.vault, StoredKind::record, name, altered));
  Asking asking(world);
  const std::vector<HeldSnapshot> snapshots = list_snapshots(asking.query, world.vault.descriptor).value();
  REQUIRE(snapshots.size() == 1);
  CHECK(snapshots[0].record.digest() == world.record->digest());
  REQUIRE(asking.findings.size() == 1);
  CHECK(asking.findings[0].text == "record '" + name + "' on 'store1': the snapshot record is not signed by the vault's signer");

  const std::string newer = record_name(world.record->public_section().snapshot, 2);
  const Deadline deadline(world.clock, std::chrono::seconds(1));
  CHECK(world.systems[1]->inside().put_record(world.vault.vault, newer, world.record->object(), deadline).value().committed());
  Asking again(world);
  CHECK(find_snapshot(again.query, world.vault.descriptor, world.record->public_section().snapshot).value().record.digest() ==
        world.record->digest());
  CHECK(again.findings[0].text == "record '" + newer + "' on 'store2': it is another record than its name says");
}

TEST_CASE("a descriptor that another signer made for the vault is passed over, whatever its epoch") {
  FetchWorld world(24, 3, {.layout = copies(2)}, 5);
  const SigningKey thief = SigningKey::make(world.vault.random);
  for (const uint32_t epoch : {1, 7}) {
    VaultDescriptor facts = world.vault.descriptor;
    facts.epoch = epoch;
    MemoryStore& liar = world.systems[1]->inside();
    const std::string name = std::to_string(epoch);
    const Bytes forged = forged_descriptor(facts, thief);
    if (!liar.replace_object(world.vault.vault, StoredKind::descriptor, name, forged))
      REQUIRE(liar.put_object(world.vault.vault, StoredKind::descriptor, name, forged, Deadline(world.clock, std::chrono::seconds(1))));
    Asking asking(world);
    CHECK(find_descriptor(asking.query, world.vault.vault).value() == world.vault.descriptor);
    REQUIRE_FALSE(asking.findings.empty());
    CHECK(asking.findings.back().text == "vault descriptor '" + name + "' on 'store2': vault descriptor names vault " +
                                             world.vault.vault.hex() + ", which is not that of its owner and signer");
  }
}

TEST_CASE("of two descriptors that the owner made of one epoch, the one that most systems hold is taken") {
  FetchWorld world(26, 3, {.layout = copies(2)}, 5);
  VaultDescriptor other = world.vault.descriptor;
  other.created = {1};
  const Bytes object = write_descriptor(other, world.vault.signer);
  CHECK(world.systems[0]->inside().replace_object(world.vault.vault, StoredKind::descriptor, "1", object));
  CHECK(find_descriptor(Asking(world).query, world.vault.vault).value() == world.vault.descriptor);
  CHECK(world.systems[1]->inside().replace_object(world.vault.vault, StoredKind::descriptor, "1", object));
  CHECK(find_descriptor(Asking(world).query, world.vault.vault).value() == other);
}

TEST_CASE("checkpoints are no snapshots") {
  FetchWorld world(25, 2, {.layout = copies(2)}, 5);
  SnapshotDraft draft;
  draft.public_section = world.record->public_section();
  draft.public_section.snapshot = world.vault.random.id<SnapshotId>();
  draft.public_section.state.checkpoint = true;
  draft.recipients = {world.vault.central.recipient()};
  const Bytes object = write_snapshot_record(draft, world.vault.keys.metadata(), world.vault.signer, world.vault.random);
  const Deadline deadline(world.clock, std::chrono::seconds(1));
  CHECK(world.systems[0]->put_record(world.vault.vault, record_name(draft.public_section.snapshot, 1), object, deadline)->committed());
  Asking asking(world);
  CHECK(list_snapshots(asking.query, world.vault.descriptor).value().size() == 1);
  CHECK(list_snapshots(asking.query, world.vault.descriptor, true).value().size() == 2);
}

TEST_CASE("the newest snapshot of a job is that of the highest number, whenever a system has got which") {
  FetchWorld world(26, 3, {.layout = copies(2)}, 3);
  const std::vector<ShardStore*> two{world.systems[0].get(), world.systems[1].get()};
  std::optional<SnapshotRecord> last;
  for (int i = 0; i < 5; ++i) {
    world.clock.sleep(std::chrono::hours(1));
    last = world.vault.write(world.files, two, {.layout = copies(2)});
  }
  const JobId job = last->public_section().job;
  world.clock.sleep(std::chrono::hours(1));
  const auto put = world.systems[2]->put_record(world.vault.vault, name_of(*world.record), world.record->object(), Deadline(world.clock, std::chrono::seconds(1)));
  REQUIRE(put);                                          // put back, and the newest by that system's stamp
  Asking asking(world);
  CHECK(find_newest_of_job(asking.query, world.vault.descriptor, job).value().record.digest() == last->digest());
  JobId other = job;
  other.value[0] ^= 1;
  CHECK(find_newest_of_job(asking.query, world.vault.descriptor, other).error().kind() == ErrorKind::not_found);
  for (const auto& system : world.systems) system->state = StoreState::dead;
  CHECK(find_newest_of_job(Asking(world).query, world.vault.descriptor, job).error().kind() == ErrorKind::unreachable);
}

TEST_CASE("who looks for the newest snapshot of a job is asked between records whether to go on") {
  FetchWorld world(27, 3, {.layout = copies(2)}, 3);
  for (int i = 0; i < 4; ++i) world.vault.write(world.files, world.stores(), {.layout = copies(2)});
  JobId other = world.record->public_section().job;
  other.value[0] ^= 1;
  size_t asked = 0;
  Asking asking(world);
  asking.query.going_on = [&] {
    if (++asked == 3) throw Error(ErrorKind::interrupted, "stopped");
  };
  CHECK_THROWS_WITH(find_newest_of_job(asking.query, world.vault.descriptor, other), "stopped");
  CHECK(asked == 3);
}
