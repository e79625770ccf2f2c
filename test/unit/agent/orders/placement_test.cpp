// Where a host's packs go, by what install has told it of itself: it stands in no master file when it stores nothing.
#include "agent/orders/backup_order.h"
#include "test/support/catch.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

StorageSystem system_of(uint8_t number, const std::string& zone) {
  StorageSystem system;
  system.id.value[0] = system.machine.value[0] = number;
  system.zone = zone, system.state = SystemState::up, system.available_bytes = 1ull << 40;
  return system;
}

std::vector<HostId> order_for(const AgentSettings& settings) {
  auto master = std::make_shared<MasterCopy>();
  master->file.systems = {system_of(1, "a"), system_of(2, "b"), system_of(3, "c")};
  return placement_for(HostId(), settings, master)(PackId(), 1000);
}

}  // namespace

TEST_CASE("a host's own zone stores its packs last") {
  for (uint8_t own = 1; own <= 3; ++own) {
    const std::vector<HostId> hosts = order_for({.zone = system_of(own, std::string(1, static_cast<char>('a' + own - 1))).zone});
    REQUIRE(hosts.size() == 3);
    CHECK(hosts.back().value[0] == own);
  }
}

TEST_CASE("a system on a host's own machine stores none of its packs, unless one machine plays them all") {
  MachineId machine;
  machine.value[0] = 2;
  const std::vector<HostId> hosts = order_for({.machine = machine});
  REQUIRE(hosts.size() == 2);
  for (const HostId& host : hosts) CHECK(host.value[0] != 2);
  CHECK(order_for({.machine = machine, .local = true}).size() == 3);
}
