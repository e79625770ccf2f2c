#include "installer/central/object_intake.h"

#include "installer/central/master_history.h"
#include "test/support/catch.h"
#include "test/support/forged_descriptor.h"
#include "test/unit/installer/central/fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

struct World {
  World() : state(made.open()), masters(state.paths(), state.root()), catalogue(state.paths().catalogue()),
            intake(catalogue, masters, state.catalogue_key(), made.clock), host(state.delegation(), 5) {}

  template <typename Work>
  std::string refusal(Work work) {
    try {
      work();
    } catch (const Error& error) {
      return error.text();
    }
    return "";
  }
  void descriptor() { intake.put_descriptor(host.id, host.vault, 1, host.descriptor); }
  std::string key_record(const std::vector<Recipient>& recipients) {
    const Bytes object = host.key_record(recipients);
    return refusal([&] { intake.put_key_record(host.id, host.vault, sha256(object), object); });
  }

  TestCentral made;
  CentralState state;
  MasterHistory masters;
  SqliteCatalogue catalogue;
  ObjectIntake intake;
  TestHost host;
};

}  // namespace

TEST_CASE("a descriptor comes from the vault's owner alone, and nobody can make one of another's vault first") {
  World world;
  world.descriptor();
  world.descriptor();
  const std::string vault = "vault '" + world.host.vault.hex() + "'";
  TestHost thief(world.state.delegation(), 6);
  CHECK(world.refusal([&] { world.intake.put_descriptor(thief.id, world.host.vault, 1, world.host.descriptor); }) == vault + " is another host's");
  VaultDescriptor facts = read_descriptor(world.host.descriptor).value();
  facts.epoch = 2;
  const Bytes second = write_descriptor(facts, world.host.signer);
  CHECK(world.refusal([&] { world.intake.put_descriptor(world.host.id, world.host.vault, 3, second); }) ==
        "vault descriptor: it belongs under another path");
  facts.owner = thief.id;
  const TestHost newcomer(world.state.delegation(), 7);   // whose descriptor has not come yet
  for (const VaultId& taken : {world.host.vault, newcomer.vault}) {
    facts.vault = taken;
    CHECK(world.refusal([&] { world.intake.put_descriptor(thief.id, taken, 2, forged_descriptor(facts, thief.signer)); }) ==
          "vault descriptor names vault " + taken.hex() + ", which is not that of its owner and signer");
  }
  world.intake.put_descriptor(newcomer.id, newcomer.vault, 1, newcomer.descriptor);
  CHECK(world.catalogue.vault(world.host.vault)->signer == world.host.signer.public_key());
}

TEST_CASE("vault keys are taken only when they are sealed to whom the delegation names") {
  World world;
  world.descriptor();
  const std::vector<Recipient>& right = world.host.recipients;
  CHECK(world.key_record(right) == "");
  CHECK(world.key_record({right[1], right[2]}) == "key record: it is not sealed to the escrow key " + right[0].key.hex());
  CHECK(world.key_record({right[0], right[2]}) == "key record: it is not sealed to recovery key " + right[1].key.hex());
  const RecipientKey stranger = OpeningKey::make(world.host.random).recipient();
  CHECK(world.key_record({right[0], right[1], {RecipientRole::recovery, stranger}}) ==
        "key record: the delegation names no recipient " + stranger.hex());
  CHECK(world.catalogue.objects(world.host.vault, ObjectTable::key_records).size() == 1);
}

TEST_CASE("a record is verified, opened and kept; the highest revision is in force") {
  World world;
  world.descriptor();
  const SnapshotId snapshot = world.host.random.id<SnapshotId>();
  const Bytes first = world.host.record(snapshot, 1, "web-content"), second = world.host.record(snapshot, 2, "web-content");
  world.intake.put_record(world.host.id, world.host.vault, {snapshot, 2}, second);
  world.intake.put_record(world.host.id, world.host.vault, {snapshot, 1}, first);
  world.intake.put_record(world.host.id, world.host.vault, {snapshot, 1}, first);
  const std::vector<SnapshotEntry> all = world.catalogue.snapshots({});
  REQUIRE(all.size() == 1);
  CHECK(all[0].revision == 2);
  CHECK(all[0].metadata.job == "web-content");
  CHECK(all[0].received == world.made.clock.now());
  CHECK(world.catalogue.record(snapshot, 1).value() == first);

  const std::string name = snapshot.hex() + ".1";
  CHECK(world.refusal([&] { world.intake.put_record(world.host.id, world.host.vault, {snapshot, 1}, world.host.record(snapshot, 1, "web-content")); }) ==
        "another record '" + name + "' is here already");
  Bytes altered = world.host.record(snapshot, 3, "web-content");
  altered.back() ^= 1;
  CHECK(world.refusal([&] { world.intake.put_record(world.host.id, world.host.vault, {snapshot, 3}, altered); }) != "");
  CHECK(world.catalogue.snapshots({}).at(0).revision == 2);
}

TEST_CASE("a job is called as the central calls it, whatever a record says, and no record is refused for its name") {
  World world;
  world.descriptor();
  JobEntry job;
  job.id = world.host.random.id<JobId>(), job.name = "web-content", job.kind = "backup";
  world.catalogue.put_job(job);
  world.host.of_job = job.id;
  const SnapshotId own = world.host.random.id<SnapshotId>(), others = world.host.random.id<SnapshotId>(), strange = world.host.random.id<SnapshotId>();
  world.intake.put_record(world.host.id, world.host.vault, {own, 1}, world.host.record(own, 1, "web-content"));
  world.intake.put_record(world.host.id, world.host.vault, {others, 1}, world.host.record(others, 1, "db"));
  world.host.of_job = world.host.random.id<JobId>();
  world.intake.put_record(world.host.id, world.host.vault, {strange, 1}, world.host.record(strange, 1, "db"));
  CHECK(world.catalogue.snapshots({.host = {}, .job = "web-content"}).size() == 2);
  CHECK(world.catalogue.snapshot(others)->metadata.job == "web-content");
  CHECK(world.catalogue.snapshot(others)->metadata_json.find("\"db\"") != std::string::npos);       // as it was sealed
  CHECK(world.catalogue.snapshots({.host = {}, .job = "db"}).size() == 1);
}

TEST_CASE("an object under another name or of an unknown vault is refused") {
  World world;
  const Digest digest = pack_list_digest(world.host.block);
  CHECK(world.refusal([&] { world.intake.put_block(world.host.id, world.host.vault, digest, world.host.block); }) ==
        "vault '" + world.host.vault.hex() + "' is not known here; its descriptor comes first");
  world.descriptor();
  CHECK(world.refusal([&] { world.intake.put_block(world.host.id, world.host.vault, Digest{}, world.host.block); }) ==
        "pack list block: it belongs under another path");
  CHECK(world.refusal([&] { world.intake.put_block(world.host.id, world.host.vault, digest, world.host.block); }) == "");
}

namespace {

// What the host puts by an intake that has such limits.
struct Held : World {
  explicit Held(const IntakeLimits& limits) : room(made.folder / "state", catalogue, limits), held(catalogue, masters, state.catalogue_key(), made.clock, &room) {}

  std::string vault(const TestHost& of, const HostId& owner) {
    const PublicKey& signer = of.signer.public_key();
    const VaultDescriptor facts{.vault = vault_id_of(owner, signer), .owner = owner, .created = Time{1}, .signer = signer};
    return refusal([&] { held.put_descriptor(owner, facts.vault, 1, write_descriptor(facts, of.signer)); });
  }
  std::string block(const Bytes& object) { return refusal([&] { held.put_block(host.id, host.vault, pack_list_digest(object), object); }); }
  Bytes new_block() {
    host.place(copies(2), {host.random.id<HostId>(), host.random.id<HostId>()});
    return host.block;
  }

  IntakeRoom room;
  ObjectIntake held;
};

}  // namespace

TEST_CASE("a host has so many vaults at the central, and each host its own") {
  Held world({.vaults_max = 2});
  const TestHost second(world.state.delegation(), 6), third(world.state.delegation(), 7);
  CHECK(world.vault(world.host, world.host.id) == "");
  CHECK(world.vault(second, world.host.id) == "");
  CHECK(world.vault(third, world.host.id) == "host " + world.host.id.hex() + ": it has 2 vaults at the central, which is the most");
  CHECK(world.vault(second, world.host.id) == "");                           // known already
  CHECK(world.vault(third, third.id) == "");
  CHECK(world.catalogue.vaults().size() == 3);
}

TEST_CASE("a host has so many bytes at the central; what is there already stays good, and what was put before the start counts") {
  constexpr uint64_t kMost = 4000;
  Held world({.bytes_max = kMost});
  CHECK(world.vault(world.host, world.host.id) == "");
  const Bytes first = world.new_block();
  CHECK(world.block(first) == "");
  std::string refused;
  for (int i = 0; i < 100 && refused.empty(); ++i) refused = world.block(world.new_block());
  CHECK(refused.ends_with(" at the central, and 3.9 KiB is the most"));
  const OwnedAmount owned = world.catalogue.owned_by(world.host.id);
  CHECK(owned.bytes <= kMost);
  CHECK(owned.bytes + first.size() > kMost);
  CHECK(world.block(first) == "");
  const SnapshotId snapshot = world.host.random.id<SnapshotId>();
  CHECK(world.refusal([&] { world.held.put_record(world.host.id, world.host.vault, {snapshot, 1}, world.host.record(snapshot, 1, "web")); }) != "");
  CHECK(world.catalogue.snapshots({}).empty());

  IntakeRoom later(world.made.folder / "state", world.catalogue, {.bytes_max = kMost});
  CHECK_THROWS_AS(later.take(world.host.id, first.size()), Error);
  later.take(world.made.random.id<HostId>(), first.size());
  world.intake.put_record(world.host.id, world.host.vault, {snapshot, 1}, world.host.record(snapshot, 1, "web"));   // from a daemon
  CHECK(world.catalogue.owned_by(world.host.id).bytes > kMost);
}

TEST_CASE("nothing is taken from hosts when the disk is nearly full") {
  Held world({.kept_free = UINT64_MAX, .kept_part = 1});                     // all of the disk is kept
  const std::string refused = world.vault(world.host, world.host.id);
  CHECK(refused.starts_with("the central's disk is nearly full: "));
  CHECK(refused.ends_with(" are kept for reports; make room there"));
  try {
    world.room.take(world.host.id, 1);
    FAIL("it was taken");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::no_space);                              // 507: an agent keeps it and tries again
  }
}
