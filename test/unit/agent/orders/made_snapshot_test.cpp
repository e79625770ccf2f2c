// What a run has made before its agent was stopped: found wherever it lies, also while another process moves it on.
#include "agent/orders/made_snapshot.h"

#include "agent/orders/backup_order.h"
#include "agent/orders/deliver.h"
#include "lib/base/files.h"
#include "test/support/catch.h"
#include "test/support/still_clock.h"
#include "test/unit/agent/orders/agent_world.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

AgentHost at(AgentHost host, Clock& clock) {
  return {host.paths,         std::move(host.settings),  host.self,  std::move(host.delegation), std::move(host.tls),
          std::move(host.recipient), std::move(host.master), clock, host.random};
}

Path made_file(const AgentWorld& world, const Order& order) { return world.chain.state() / "waiting" / (order.run.hex() + ".made"); }

}  // namespace

TEST_CASE("what a run has made is kept for as long as its order lives, by the clock of the host") {
  AgentWorld world(2);
  AgentHost host = world.host();
  CentralClient central = world.client();
  const Order order = world.order("backup");
  REQUIRE(run_backup_order(order, host, {}).state == "complete");
  REQUIRE(send_snapshots(host, central));
  StillClock later(system_clock().now() + std::chrono::hours(24 * 13));
  const AgentHost then = at(world.host(), later);
  forget_old_made(then);
  CHECK(std::filesystem::exists(made_file(world, order)));
  later.sleep(std::chrono::hours(24 * 2));
  forget_old_made(then);
  CHECK_FALSE(std::filesystem::exists(made_file(world, order)));
}
