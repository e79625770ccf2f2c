// Records at a daemon's start: what a lost index has to be made from again.
#include "daemon/shards/commit.h"

#include "test/support/catch.h"
#include "test/support/temporary_folder.h"
#include "test/support/written_vault.h"

using namespace sparekeep;
using namespace sparekeep::daemon;

namespace {

const HostId kHost{{7}};

struct World {
  World() {
    REQUIRE(ShardDirectory::prepare(folder / "storage", kHost));
    SnapshotDraft draft;
    draft.public_section.vault = vault.vault;
    draft.public_section.snapshot = vault.random.id<SnapshotId>();
    draft.public_section.sequence = 1;
    draft.second = "{}";
    draft.recipients = {vault.recovery.recipient()};
    record = write_snapshot_record(draft, vault.keys.metadata(), vault.signer, vault.random);
    name = record_name(draft.public_section.snapshot, 1);
  }
  Path record_file() const { return folder / "vaults" / vault.vault.hex() / "records" / name; }

  TemporaryFolder folder;
  WrittenVault vault{5, system_clock()};
  Bytes record;
  std::string name;
};

struct Daemon {
  explicit Daemon(const World& world)
      : shards(world.folder / "storage", kHost, {}), objects(world.folder / "vaults"), index(world.folder / "index.db", system_clock()),
        commit(shards, objects, index, system_clock(), kHost) {}
  ShardDirectory shards;
  VaultObjects objects;
  ShardIndex index;
  Commit commit;
};

}  // namespace

TEST_CASE("with a new index, records come back into force with the time at which they came") {
  World world;
  {
    Daemon daemon(world);
    const Bytes descriptor = write_descriptor(world.vault.descriptor, world.vault.signer);
    REQUIRE(daemon.objects.put_descriptor(world.vault.vault, "1", descriptor, world.vault.host).value());
    REQUIRE(daemon.commit.take(world.vault.vault, world.name, world.record).value().committed());
  }
  const auto then = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1000);
  std::filesystem::last_write_time(world.record_file(), then);
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove((world.folder / "index.db").native() + end);
  Daemon daemon(world);
  daemon.commit.reconcile();
  const std::vector<HeldRecordRow> held = daemon.index.records_of(world.vault.vault);
  REQUIRE(held.size() == 1);
  const Duration age = system_clock().now() - held[0].received;
  CHECK(age > std::chrono::hours(999));
  CHECK(age < std::chrono::hours(1001));
}

TEST_CASE("a damaged record is not in force, and keeps no daemon from its start") {
  World world;
  Daemon daemon(world);
  REQUIRE(make_folders(world.record_file().parent_path()));
  REQUIRE(write_durably(world.record_file(), as_bytes("rubbish")));
  daemon.commit.reconcile();
  CHECK(daemon.index.records_of(world.vault.vault).empty());
}
