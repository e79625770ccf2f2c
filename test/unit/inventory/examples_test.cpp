// Every example in inventory/examples is a true inventory.
#include <filesystem>

#include "test/support/catch.h"

#include "inventory/selection.h"

using namespace sparekeep;

namespace {

const std::filesystem::path kExamples = "inventory/examples";

Inventory read(const std::string& name) { return read_inventory({kExamples / name}, {"/home/me"}); }

}  // namespace

TEST_CASE("every example is read") {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kExamples)) {
    INFO(entry.path());
    CHECK_FALSE(read_inventory({entry.path()}, {"/home/me"}).hosts.empty());
    ++count;
  }
  CHECK(count == 3);
}

TEST_CASE("the local example: six storage hosts in three zones, two sources, one spare") {
  const Inventory inventory = read("local.toml");
  CHECK(inventory.all_local());
  CHECK(inventory.hosts.size() == 9);
  CHECK(inventory.groups.at("storage").size() == 6);
  CHECK(inventory.find("store3")->zone == "zone-b");
  CHECK(inventory.find("store3")->root == "/tmp/sparekeep-demo/store3");
  CHECK(inventory.find("host1")->has_role(HostRole::backup));
  CHECK(inventory.find("spare1")->has_role(HostRole::backup));
}

TEST_CASE("the fleet example") {
  const Inventory inventory = read("fleet.toml");
  CHECK(inventory.find("store1")->storage.address == "198.51.100.11");
  CHECK(inventory.find("store1")->zone == "rack-a");
  CHECK(inventory.find("store5")->become);
  CHECK(inventory.find("web2")->identity == "/home/me/.ssh/id_ed25519");
  CHECK(inventory.find("web2")->allow_restore_to.size() == 2);
  CHECK(inventory.find("db1")->storage.keep_free.of(1) == uint64_t{50} << 30);
  CHECK(inventory.find("db1")->vars.at("app") == "postgres");
  CHECK(select_hosts(inventory, "production") == std::vector<std::string>{"web1", "web2", "db1"});
}
