// Shards on a daemon's disk: what is counted at its start, what is left alone, and what interrupted writes leave behind.
#include "daemon/shards/shard_directory.h"

#include "daemon/shards/vault_objects.h"
#include "test/support/catch.h"
#include "test/support/pack_world.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::daemon;

namespace {

const HostId kHost{{7}};

struct World {
  World() { REQUIRE(ShardDirectory::prepare(folder / "storage", kHost)); }
  ShardDirectory open() const { return {folder / "storage", kHost, {}}; }
  ShardId put(ShardDirectory& shards, const SealedPack& pack) const {
    const ShardId id{packs.vault, pack.header.pack, pack.header.layout, 0};
    CHECK(shards.put(whole_shard(pack.shards[0]), packs.vault, id, packs.signer.public_key()).value() == ShardDirectory::Put::created);
    return id;
  }
  void write(const Path& path) const {
    REQUIRE(make_folders(path.parent_path()));
    REQUIRE(write_durably(path, as_bytes("x")));
  }
  Path vault_folder() const { return folder / "storage" / packs.vault.hex(); }

  TemporaryFolder folder;
  PackWorld packs;
};

}  // namespace

TEST_CASE("the grace area is counted as stored, before a restart and after it") {
  World world;
  ShardDirectory shards = world.open();
  world.put(shards, world.packs.pack(copies(2), {world.packs.noise(300'000)}));
  const ShardId gone = world.put(shards, world.packs.pack(copies(2), {world.packs.noise(200'000)}));
  const uint64_t stored = shards.space()->stored_bytes;
  CHECK(stored > 500'000);
  REQUIRE(shards.remove_to_grace(gone));
  CHECK(shards.space()->stored_bytes == stored);
  const ShardDirectory again = world.open();
  CHECK(again.space()->stored_bytes == stored);
  CHECK(again.count() == 1);
  CHECK_FALSE(again.holds(gone));
}

TEST_CASE("a stray file does not keep a daemon from its start") {
  World world;
  ShardDirectory shards = world.open();
  world.put(shards, world.packs.pack(copies(2), {world.packs.noise(1000)}));
  world.write(world.vault_folder() / "a stray file");
  world.write(world.vault_folder() / "ab" / "no shard");
  world.write(world.folder / "storage" / std::string(32, 'e'));          // a file with the name of a vault
  CHECK(world.open().count() == 1);
}

TEST_CASE("what interrupted writes left is removed by the daemon that serves, and by nobody who only looks") {
  World world;
  ShardDirectory shards = world.open();
  world.put(shards, world.packs.pack(copies(2), {world.packs.noise(1000)}));
  VaultObjects objects(world.folder / "vaults");
  const std::vector<Path> leftovers{world.folder / "storage" / ".sk-1-1", world.vault_folder() / "ab" / ".sk-1-2",
                                    world.folder / "vaults" / world.packs.vault.hex() / "records" / ".sk-1-3"};
  for (const Path& path : leftovers) world.write(path);
  ShardDirectory again = world.open();
  for (const Path& path : leftovers) CHECK(std::filesystem::exists(path));
  again.remove_leftovers();
  objects.remove_leftovers();
  for (const Path& path : leftovers) CHECK_FALSE(std::filesystem::exists(path));
  CHECK(again.count() == 1);
}
