// What a run has made before its agent was stopped: found wherever it lies, also while another process moves it on.
#include "agent/orders/made_snapshot.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <functional>
#include <future>

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

// Whoever looks at what waits at a stage is held there: a pipe stands before all else that does.
class Halt {
 public:
  Halt(const AgentWorld& world, const std::string& stage) : pipe_(world.chain.state() / "waiting" / ("halt" + stage)) {
    REQUIRE(::mkfifo(pipe_.c_str(), 0600) == 0);
    std::filesystem::last_write_time(pipe_, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }
  void wait_and_go_on(const std::function<void()>& meanwhile) {
    const Deadline deadline(system_clock(), std::chrono::seconds(20));
    Descriptor end;
    while (!end && !deadline.passed()) end.reset(::open(pipe_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)), system_clock().sleep(std::chrono::milliseconds(1));
    CHECK(end);
    std::filesystem::remove(pipe_);
    meanwhile();
  }

 private:
  const Path pipe_;
};

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

TEST_CASE("a run makes no other snapshot where one cannot be read that may be its own; one from before its order holds nothing up") {
  AgentWorld world(2);
  AgentHost host = world.host();
  const Order order = world.order("backup");
  const RunResult first = run_backup_order(order, host, {});
  REQUIRE(first.state == "complete");
  const std::string name = first.snapshot + ".1";
  const Path waiting = world.chain.state() / "waiting" / (name + ".send"), aside = world.root / "aside";
  std::filesystem::rename(waiting, aside);
  std::filesystem::create_directory(waiting);                    // as unreadable as on a failing disk
  const RunResult again = run_backup_order(order, host, {});
  CHECK(again.state == "failed");
  CHECK(again.snapshot.empty());
  REQUIRE(again.errors.size() == 1);
  CHECK(again.errors[0].text.starts_with("whether this run has made snapshot " + name + " before: "));
  Order later = world.order("backup");
  later.issued = later.issued + std::chrono::hours(2);
  CHECK(run_backup_order(later, host, {}).state == "complete");
  std::filesystem::remove(waiting);
  std::filesystem::rename(aside, waiting);
  CHECK(run_backup_order(order, host, {}).snapshot == first.snapshot);
}

TEST_CASE("what a run has made is found while another process moves it on between two looks") {
  AgentWorld world(2);
  const AgentHost host = world.host();
  AgentHost backing_up = world.host();
  const Order order = world.order("backup");
  const RunResult made = run_backup_order(order, backing_up, {});
  const std::string name = made.snapshot + ".1";
  Outbox outbox = world.outbox();
  const Bundle bundle = outbox.load({name, OutboxStage::send}).value();
  const auto found_while = [&](const std::string& stage, const std::function<void()>& moves) {
    Halt halt(world, stage);
    std::future<Result<SnapshotOfRun>> looking = std::async(std::launch::async, [&] { return made_snapshot(host, order); });
    halt.wait_and_go_on(moves);
    const SnapshotOfRun found = looking.get().value();
    return found.made ? found.made->snapshot : "none";
  };
  REQUIRE(outbox.move({name, OutboxStage::send}, OutboxStage::commit));
  CHECK(found_while(".refused", [&] { outbox.move({name, OutboxStage::commit}, OutboxStage::send).value(); }) == made.snapshot);      // complete_commits()
  REQUIRE(outbox.move({name, OutboxStage::send}, OutboxStage::refused));
  CHECK(found_while(".refused", [&] { try_refused_again(host); }) == made.snapshot);
  const auto sent = [&] {
    keep_made(host, bundle, record_of(bundle).value()).value();
    outbox.remove({name, OutboxStage::send});
  };
  CHECK(found_while(".send", sent) == made.snapshot);
}
