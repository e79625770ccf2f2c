// Puts one shard and one small object below FOLDER as a daemon does, and says of each what the daemon would answer: 201, or 200
// where the same is there already. Exit 1 with the reason when one could not be put.
//
//   put_again FOLDER
#include <cstdio>

#include "daemon/shards/shard_directory.h"
#include "daemon/shards/vault_objects.h"
#include "test/support/pack_world.h"

using namespace sparekeep;

namespace {

const HostId kHost{{7}};

Result<void> put(const Path& folder) {
  PackWorld world;
  const SealedPack pack = world.pack(copies(2), {world.noise(1000)});
  const ShardId id{world.vault, pack.header.pack, pack.header.layout, 0};
  daemon::ShardDirectory shards(folder / "storage", kHost, {});
  const Result<daemon::ShardDirectory::Put> shard = shards.put(whole_shard(pack.shards[0]), world.vault, id, world.signer.public_key());
  if (!shard) return shard.error();
  std::puts(*shard == daemon::ShardDirectory::Put::created ? "shard 201" : "shard 200");
  daemon::VaultObjects objects(folder / "vaults", shards.room());
  const Result<bool> object = objects.put_verified(world.vault, daemon::VaultObject::record, "record", as_bytes("content"));
  if (!object) return object.error();
  std::puts(*object ? "object 201" : "object 200");
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const Path folder = argv[1];
  Result<void> done = std::filesystem::exists(folder / "storage") ? Result<void>() : daemon::ShardDirectory::prepare(folder / "storage", kHost);
  if (done) done = put(folder);
  if (!done) std::fprintf(stderr, "%s\n", done.error().text().c_str());
  return done ? 0 : 1;
}
