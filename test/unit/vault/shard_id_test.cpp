// Names of shards as files: one spelling each, both ways.
#include "lib/vault/shard_id.h"

#include "lib/base/random.h"
#include "test/support/catch.h"

using namespace sparekeep;

namespace {

ShardId some_id() {
  SeededRandom random(9);
  return {.vault = random.id<VaultId>(), .pack = random.id<PackId>(), .layout = {4, 2}, .index = 5};
}

}  // namespace

TEST_CASE("names and paths of shards read back") {
  const ShardId id = some_id();
  CHECK(id.name() == id.pack.hex() + ".4.2.5");
  CHECK(id.path() == id.vault.hex() + "/" + id.pack.hex().substr(0, 2) + "/" + id.name());
  CHECK(parse_shard_name(id.vault, id.name()).value() == id);
  CHECK(parse_shard_path(id.path()).value() == id);
}

TEST_CASE("any other spelling is refused") {
  const ShardId id = some_id();
  const std::string pack = id.pack.hex();
  for (const std::string& wrong :
       {pack, pack + ".4.2", pack + ".4.2.6", pack + ".0.2.0", pack + ".4.2.05", pack + ".4.2.5.", pack + ".4.2.+5", pack + ".4.2.256",
        pack + ".33.2.0", pack + "..2.0", pack.substr(2) + ".4.2.5", "X" + pack.substr(1) + ".4.2.5", std::string()})
    CHECK(parse_shard_name(id.vault, wrong).error().text() == "'" + wrong + "' is no shard's name, expected 'PACK.k.m.index'");
}

TEST_CASE("a path whose folder is not the pack's is refused") {
  const ShardId id = some_id();
  const std::string wrong = id.vault.hex() + "/zz/" + id.name();
  CHECK(parse_shard_path(wrong).error().text() == "'" + wrong + "' is no shard's path, expected 'VAULT/PP/PACK.k.m.index'");
  CHECK_FALSE(parse_shard_path("../" + id.path()));
  CHECK_FALSE(parse_shard_path(id.name()));
}
