#include "inventory/placement/placement.h"

#include <algorithm>
#include <map>
#include <set>

#include "test/support/catch.h"
#include "test/support/trust.h"

using namespace sparekeep;

namespace {

constexpr uint64_t kGiB = 1 << 30;
constexpr int kPacks = 2000;

struct Fleet {
  Fleet(std::initializer_list<std::pair<const char*, uint64_t>> zones_and_gib) {
    for (const auto& [zone, gib] : zones_and_gib) {
      systems.push_back(trust.system("store" + std::to_string(systems.size() + 1), zone, gib * kGiB));
    }
  }
  std::vector<std::string> order(const PackId& pack, const PlacementRules& rules = {}) const {
    std::vector<std::string> names;
    for (const StorageSystem* system : placement_order(systems, pack, rules)) names.push_back(system->name);
    return names;
  }
  TestTrust trust;
  std::vector<StorageSystem> systems;
};

std::set<std::string> first(const std::vector<std::string>& order, size_t count) {
  return {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()))};
}

}  // namespace

TEST_CASE("every system that may take a shard is in the order once") {
  Fleet fleet{{"a", 1}, {"a", 1}, {"b", 1}, {"c", 1}};
  CHECK(first(fleet.order(PackId{}), 4) == std::set<std::string>{"store1", "store2", "store3", "store4"});
  CHECK(fleet.order(PackId{}).size() == 4);
  CHECK(fleet.order(PackId{}) == fleet.order(PackId{}));
}

TEST_CASE("only systems that are up and have room") {
  Fleet fleet{{"a", 1}, {"a", 2}, {"b", 3}, {"c", 4}, {"d", 5}, {"e", 6}, {"f", 7}};
  fleet.systems[1].state = SystemState::fresh;
  fleet.systems[2].state = SystemState::late;
  fleet.systems[3].state = SystemState::offline;
  fleet.systems[4].state = SystemState::draining;
  fleet.systems[5].state = SystemState::undeclared;
  CHECK(first(fleet.order(PackId{}), 9) == std::set<std::string>{"store1", "store7"});
  CHECK(fleet.order(PackId{}, {.shard_bytes = 2 * kGiB}) == std::vector<std::string>{"store7"});
  fleet.systems[6].available_bytes = 0;
  CHECK(fleet.order(PackId{}) == std::vector<std::string>{"store1"});
}

TEST_CASE("never on the host itself, by id or machine, unless hosts share the machine on purpose") {
  Fleet fleet{{"a", 1}, {"b", 1}, {"c", 1}};
  fleet.systems[1].machine = fleet.systems[0].machine;
  const StorageSystem& host = fleet.systems[0];
  CHECK(fleet.order(PackId{}, {.excluded = excluding_host(host.id, host.machine, false)}) == std::vector<std::string>{"store3"});
  CHECK(first(fleet.order(PackId{}, {.excluded = excluding_host(host.id, host.machine, true)}), 3) ==
        std::set<std::string>{"store2", "store3"});
  fleet.systems[1].machine = fleet.systems[2].machine = MachineId{};          // unknown machines are not one machine
  CHECK(fleet.order(PackId{}, {.excluded = excluding_host(host.id, MachineId{}, false)}).size() == 2);
}

TEST_CASE("zones come first, whatever the weights, and the host's own zone last") {
  Fleet fleet{{"a", 1000}, {"a", 1000}, {"a", 1000}, {"b", 1}, {"c", 1}};
  SeededRandom random(7);
  for (int i = 0; i < kPacks; ++i) {
    const std::vector<std::string> order = fleet.order(random.id<PackId>());
    const std::set<std::string> three = first(order, 3);
    REQUIRE(three.contains("store4"));
    REQUIRE(three.contains("store5"));
    const std::vector<std::string> avoiding = fleet.order(random.id<PackId>(), {.zone_avoided = "b"});
    REQUIRE(avoiding.back() == "store4");
  }
}

TEST_CASE("space fills evenly: shares follow the weights") {
  Fleet fleet{{"a", 100}, {"b", 200}, {"c", 300}, {"d", 400}};
  SeededRandom random(8);
  std::map<std::string, int> taken;
  for (int i = 0; i < kPacks; ++i) ++taken[fleet.order(random.id<PackId>()).front()];
  CHECK(taken["store1"] == Approx(kPacks * 0.1).margin(kPacks * 0.03));
  CHECK(taken["store2"] == Approx(kPacks * 0.2).margin(kPacks * 0.03));
  CHECK(taken["store3"] == Approx(kPacks * 0.3).margin(kPacks * 0.03));
  CHECK(taken["store4"] == Approx(kPacks * 0.4).margin(kPacks * 0.03));
}

TEST_CASE("when one system leaves, only its own shards move") {
  Fleet fleet{{"a", 3}, {"a", 5}, {"b", 2}, {"b", 4}, {"c", 3}, {"c", 1}};
  SeededRandom random(9);
  for (int i = 0; i < kPacks; ++i) {
    const PackId pack = random.id<PackId>();
    const size_t shards = 1 + random.below(5);
    const StorageSystem& leaver = fleet.systems[random.below(fleet.systems.size())];
    const std::set<std::string> before = first(fleet.order(pack), shards);
    const std::set<std::string> after = first(fleet.order(pack, {.excluded = excluding_host(leaver.id, {}, true)}), shards);
    std::set<std::string> stayed = before;
    stayed.erase(leaver.name);
    REQUIRE(std::includes(after.begin(), after.end(), stayed.begin(), stayed.end()));
  }
}
