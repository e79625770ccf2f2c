// Every example in playbooks/examples binds to the inventory that it is for.
#include <filesystem>
#include <map>

#include "test/support/catch.h"

#include "playbooks/bind.h"

using namespace sparekeep;

namespace {

const std::map<std::string, std::string> kInventories{
    {"nightly.toml", "fleet.toml"}, {"restore-drill.toml", "fleet.toml"}, {"demo.toml", "local.toml"}, {"local.toml", "local.toml"}};

BoundPlaybook bound_from(const std::string& name) {
  const std::filesystem::path inventories = "inventory/examples", playbooks = "playbooks/examples";
  return bind_playbook(read_playbook(playbooks / name), read_inventory({inventories / kInventories.at(name)}, {"/home/me"}));
}

}  // namespace

TEST_CASE("every example binds without a warning") {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("playbooks/examples")) {
    INFO(entry.path());
    const BoundPlaybook bound = bound_from(entry.path().filename());
    CHECK(bound.backups.size() + bound.restores.size() > 0);
    CHECK(bound.warnings.empty());
    ++count;
  }
  CHECK(count == kInventories.size());
}

TEST_CASE("the local example backs up two hosts at 2 + 2 and restores one on a third") {
  const BoundPlaybook bound = bound_from("local.toml");
  REQUIRE(bound.backups.size() == 2);
  CHECK(bound.backups[0].job.redundancy == Layout{2, 2});
  CHECK(bound.backups[0].job.paths == std::vector<std::string>{"/tmp/sparekeep-demo/files/host1"});
  REQUIRE(bound.restores.size() == 1);
  CHECK(bound.restores[0].host == "spare1");
  CHECK(bound.restores[0].job.from.host == "host1");
}

TEST_CASE("the nightly example") {
  const BoundPlaybook bound = bound_from("nightly.toml");
  CHECK(bound.backups.at(0).job.paths.at(0) == "/srv/shop");
  CHECK(bound.backups.at(2).job.name == "database");
  CHECK(bound.backups.at(2).job.redundancy == copies(3));
  CHECK(bound.backups.at(2).job.retain.monthly == 12);
}
