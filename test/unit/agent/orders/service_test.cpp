// Orders as the service carries them out, and hooks around a backup.
#include "agent/orders/service.h"

#include "agent/orders/backup_order.h"
#include "agent/orders/deliver.h"
#include "agent/orders/made_snapshot.h"
#include "agent/privileged/answers.h"
#include "lib/base/files.h"
#include "test/support/catch.h"
#include "test/unit/agent/orders/agent_world.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

constexpr Duration kPatience = std::chrono::seconds(60), kLook = std::chrono::milliseconds(20);

std::vector<RunResult> wait_for_results(const AgentWorld& world, size_t count) {
  const Deadline deadline(system_clock(), kPatience);
  while (world.central.results().size() < count && !deadline.passed()) system_clock().sleep(kLook);
  return world.central.results();
}

size_t records(const AgentWorld& world) {
  size_t count = 0;
  for (const std::string& path : world.central.objects()) count += path.find("/records/") != std::string::npos;
  return count;
}

}  // namespace

TEST_CASE("an order is carried out once, however often it comes") {
  AgentWorld world(2);
  const Order order = world.order("backup"), other = world.order("backup");
  for (int i = 0; i < 3; ++i) world.central.give(world.signed_order(order));
  world.central.give(world.signed_order(other));
  {
    const AgentService service(world.host());
    const std::vector<RunResult> results = wait_for_results(world, 2);
    REQUIRE(results.size() == 2);
    CHECK(results[0].run == order.run);
    CHECK(results[0].state == "complete");
    CHECK(results[1].run == other.run);
  }
  world.central.give(world.signed_order(order));         // and not by the next start either
  world.central.give(world.signed_order(world.order("backup")));
  const AgentService service(world.host());
  CHECK(wait_for_results(world, 3).size() == 3);
  CHECK(records(world) == 3);
}

TEST_CASE("a run on a master file whose time is over says so, and is carried out") {
  AgentWorld world(2);
  MasterFile file = world.host().newest_master()->file;
  const auto keep_until = [&](Time expires) {
    file.expires = expires;
    ++file.number;
    const auto keeper = MasterKeeper::open(world.chain.state() / kMasterFileName, world.trust.root.public_key()).value();
    keeper->offer(sign_master_file(file, world.trust.signer).object).value();
  };
  keep_until(system_clock().now() + std::chrono::hours(1));
  CHECK_FALSE(world.host().expired_master());
  keep_until(Time{1'000'000'000});
  const std::string warning = "master file 1.3 expired at 1970-01-01T00:00:01Z and no newer one has come: let the central run, and see that this host reaches "
                              "it; until then it knows no system that came and no certificate that was revoked since";
  CHECK(world.host().expired_master() == warning);
  world.central.give(world.signed_order(world.order("backup")));
  const AgentService service(world.host());
  const std::vector<RunResult> results = wait_for_results(world, 1);
  REQUIRE(results.size() == 1);
  CHECK(results[0].state == "complete");
  CHECK(results[0].warnings == std::vector<std::string>{warning});
}

TEST_CASE("what a kill kept from the central is told by the next start, and the order is not carried out again") {
  AgentWorld world(2);
  const Order order = world.order("backup");
  const AgentHost host = world.host();
  RunRegister runs = RunRegister::open(orders_folder(host), host.clock).value();
  const RunResult carried_out{.run = order.run, .state = "complete", .snapshot = "0102030405060708090a0b0c0d0e0f10"};
  runs.begin(order.run, kOrderStep, order.expires).value().done(outcome_text(carried_out)).value();
  world.central.give(world.signed_order(order));
  const AgentService service(world.host());
  const std::vector<RunResult> results = wait_for_results(world, 1);
  REQUIRE(results.size() == 1);
  CHECK(results[0].run == order.run);
  CHECK(results[0].snapshot == carried_out.snapshot);
  world.central.give(world.signed_order(world.order("backup")));
  REQUIRE(wait_for_results(world, 2).size() == 2);
  CHECK(records(world) == 1);                            // of the second order
  const Deadline deadline(system_clock(), kPatience);    // the central has them all: nothing is kept any longer
  while (!runs.outcomes(kOrderStep).empty() && !deadline.passed()) system_clock().sleep(kLook);
  CHECK(runs.outcomes(kOrderStep).empty());
}

TEST_CASE("an order that comes again gets the same answer while the central has not taken it") {
  AgentWorld world(2);
  const Order order = world.order("backup");
  const AgentHost host = world.host();
  RunRegister runs = RunRegister::open(orders_folder(host), host.clock).value();
  const AgentService service(world.host());
  world.central.give(world.signed_order(world.order("backup")));
  REQUIRE(wait_for_results(world, 1).size() == 1);       // the start is over
  runs.begin(order.run, kOrderStep, order.expires).value().done(outcome_text({.run = order.run, .state = "complete"})).value();
  world.central.give(world.signed_order(order));
  const std::vector<RunResult> results = wait_for_results(world, 2);
  REQUIRE(results.size() == 2);
  CHECK(results[1].run == order.run);
  CHECK(results[1].state == "complete");
}

TEST_CASE("a run whose agent was stopped when its snapshot was stored makes no other one") {
  AgentWorld world(2);
  AgentHost host = world.host();
  CentralClient central = world.client();
  const Order order = world.order("backup");
  const RunResult first = run_backup_order(order, host, {});
  const auto expect_the_same = [&](const RunResult& again) {
    CHECK(again.snapshot == first.snapshot);
    CHECK(again.state == "complete");
    CHECK(again.files == first.files);
    CHECK(again.new_bytes == first.new_bytes);
  };
  expect_the_same(run_backup_order(order, host, {}));            // it waits for the central
  REQUIRE(send_snapshots(host, central));
  expect_the_same(run_backup_order(order, host, {}));            // it is in the catalogue
  REQUIRE(send_snapshots(host, central));
  CHECK(records(world) == 1);
  REQUIRE(keep_result(host, first));
  REQUIRE(send_results(host, central));
  CHECK_FALSE(made_snapshot(host, order).value().made);          // nobody asks any more
  CHECK(run_backup_order(world.order("backup"), host, {}).snapshot != first.snapshot);
}

TEST_CASE("a run whose snapshot waits for its systems makes no other one: it is offered again, and told of when they have it") {
  AgentWorld world(2);
  AgentHost host = world.host();
  Order order = world.order("backup");
  const RunResult first = run_backup_order(order, host, {});
  REQUIRE(world.outbox().move({first.snapshot + ".1", OutboxStage::send}, OutboxStage::commit));      // the host went down in the commit
  world.chain.daemon(1).stop();
  order.backup.before = {{"touch " + (world.root / "before").native(), ""}};
  order.backup.after = {{"touch " + (world.root / "after").native(), ""}};
  const RunResult away = run_backup_order(order, host, {});
  CHECK(away.state == "failed");
  CHECK(away.snapshot.empty());
  REQUIRE(away.errors.size() == 1);
  CHECK(away.errors[0].kind == "unreachable");
  CHECK(away.errors[0].text == "snapshot " + first.snapshot + ".1 of this run is stored, and too few systems have taken it; it is offered to the others again");
  CHECK_FALSE(std::filesystem::exists(world.root / "before"));   // of another moment than the snapshot: nothing is read any more
  CHECK(std::filesystem::exists(world.root / "after"));
  CHECK(world.outbox().items(OutboxStage::send).empty());
  REQUIRE(world.outbox().items(OutboxStage::commit).size() == 1);
  world.chain.daemon(1).start();
  const RunResult back = run_backup_order(order, host, {});
  CHECK(back.state == "complete");
  CHECK(back.snapshot == first.snapshot);
  CHECK(world.outbox().items(OutboxStage::commit).empty());
  CHECK(world.outbox().items(OutboxStage::send).size() == 1);
}

TEST_CASE("why a snapshot of a run could not be offered to its systems is told: another backup, or this host's own trouble") {
  AgentWorld world(2);
  AgentHost host = world.host();
  const Order order = world.order("backup");
  const RunResult first = run_backup_order(order, host, {});
  const Outbox::Item item{first.snapshot + ".1", OutboxStage::commit};
  REQUIRE(world.outbox().move({item.name, OutboxStage::send}, OutboxStage::commit));
  const auto error = [&] {
    const RunResult again = run_backup_order(order, host, {});
    CHECK(again.snapshot.empty());
    REQUIRE(again.errors.size() == 1);
    return again.errors[0];
  };
  const std::string waits = "snapshot " + item.name + " of this run is stored, and cannot be offered to its systems now: ";
  {
    const FileLock other = FileLock::acquire(host.paths.agent_state() / "backup.lock").value();
    CHECK(error().kind == "busy");
    CHECK(error().text == waits + "another backup runs on this host; try again when it has ended");
  }
  const Path vault = world.chain.state() / "vaults", kept = world.root / "vaults";
  std::filesystem::rename(vault, kept);
  std::filesystem::create_symlink(vault, vault);                 // it cannot be looked at
  CHECK(error().kind == "failed");
  CHECK(error().text.starts_with(waits));
  CHECK(error().text.ends_with("too many levels of symbolic links"));
  std::filesystem::remove(vault);
  std::filesystem::rename(kept, vault);
  CHECK(run_backup_order(order, host, {}).snapshot == first.snapshot);
}

TEST_CASE("a run whose snapshot cannot be completed any more makes another one") {
  AgentWorld world(2);
  AgentHost host = world.host();
  const Order order = world.order("backup");
  const RunResult first = run_backup_order(order, host, {});
  REQUIRE(world.outbox().move({first.snapshot + ".1", OutboxStage::send}, OutboxStage::commit));
  for (size_t i = 0; i < 2; ++i)
    for (const Path& file : shard_files(world.chain.daemon(i).storage())) std::filesystem::remove(file);
  const RunResult second = run_backup_order(order, host, {});
  CHECK(second.state == "complete");
  CHECK(second.snapshot != first.snapshot);
  CHECK(world.outbox().items(OutboxStage::send).size() == 1);
}

TEST_CASE("a snapshot stays on its host while what its run has made cannot be written, so that the run makes no other one") {
  AgentWorld world(2);
  AgentHost host = world.host();
  CentralClient central = world.client();
  const Order order = world.order("backup");
  const RunResult first = run_backup_order(order, host, {});
  const Path in_the_way = world.chain.state() / "waiting" / (order.run.hex() + ".made");
  std::filesystem::create_directory(in_the_way);
  REQUIRE(send_snapshots(host, central));
  CHECK(records(world) == 1);                                    // nobody waits for the disk of this host
  CHECK(run_backup_order(order, host, {}).snapshot == first.snapshot);
  std::filesystem::remove(in_the_way);
  REQUIRE(send_snapshots(host, central));
  CHECK(world.outbox().items(OutboxStage::send).empty());
  CHECK(run_backup_order(order, host, {}).snapshot == first.snapshot);
}

TEST_CASE("a run that was stopped when its snapshot was stored runs the hooks after it, and not those before it again") {
  AgentWorld world(2);
  AgentHost host = world.host();
  Order order = world.order("backup");
  const RunResult first = run_backup_order(order, host, {});
  const std::string folder = (world.root / "volume").native();
  std::filesystem::create_directory(folder);                     // as `before` had left it
  order.backup.before = {{"mkdir " + folder, ""}};
  order.backup.after = {{"rmdir " + folder, ""}};
  const RunResult again = run_backup_order(order, host, {});
  CHECK(again.state == "complete");
  CHECK(again.snapshot == first.snapshot);
  CHECK_FALSE(std::filesystem::exists(folder));
}

TEST_CASE("an order that is refused is answered") {
  AgentWorld world(0);
  Order order = world.order("restore");
  order.restore.target = "/etc/..";
  world.central.give(world.signed_order(order));
  const AgentService service(world.host());
  const std::vector<RunResult> results = wait_for_results(world, 1);
  REQUIRE(results.size() == 1);
  CHECK(results[0].run == order.run);
  CHECK(results[0].errors.at(0).kind == "denied");
  CHECK(results[0].errors.at(0).text == "the host refuses the order: a restore to '/etc/..', which is not a plain absolute path");
}

TEST_CASE("a snapshot that the central refuses does not keep the agent from its orders") {
  AgentWorld world(2);
  world.central.refuse_objects(world.back_up(), Error(ErrorKind::denied, "signed by another"));
  world.central.give(world.signed_order(world.order("backup")));
  const AgentService service(world.host());
  const std::vector<RunResult> results = wait_for_results(world, 1);
  REQUIRE(results.size() == 1);
  CHECK(results[0].state == "complete");
}

TEST_CASE("a certificate that cannot be renewed does not end the agent") {
  AgentWorld world(2);
  std::filesystem::remove(world.chain.state() / kTlsCertificateName);     // due at once, and there is no key to renew it with
  world.central.give(world.signed_order(world.order("backup")));
  const AgentService service(world.host());
  REQUIRE(wait_for_results(world, 1).size() == 1);
  world.central.give(world.signed_order(world.order("backup")));
  CHECK(wait_for_results(world, 2).size() == 2);
}

TEST_CASE("what a host does not reach is said by name") {
  AgentWorld world(3);
  Order order = world.order("reach");
  for (size_t i = 0; i < 3; ++i)
    order.reach.systems.push_back({world.chain.daemon(i).host(), "store" + std::to_string(i + 1), "127.0.0.1", world.chain.daemon(i).port()});
  AgentHost host = world.host();
  CHECK(run_reach_order(order, host).state == "complete");
  world.chain.daemon(1).stop();
  order.reach.systems[2].id = world.chain.daemon(0).host();
  const RunResult result = run_reach_order(order, host);
  CHECK(result.state == "failed");
  REQUIRE(result.errors.size() == 2);
  CHECK(result.errors[0].kind == "unreachable");
  CHECK(result.errors[0].text == "web1 -> store2:" + std::to_string(order.reach.systems[1].port) + " refused");
  CHECK(result.errors[1].kind == "denied");
  CHECK(result.errors[1].text.starts_with("web1 -> store3:" + std::to_string(order.reach.systems[2].port) + ": "));
}

TEST_CASE("a hook after a backup that fails makes the job fail, and the snapshot stays") {
  AgentWorld world(2);
  AgentHost host = world.host();
  Order order = world.order("backup");
  order.backup.after = {{"echo cannot start; exit 3", ""}, {"touch " + (world.root / "after").native(), ""}};
  const RunResult result = run_backup_order(order, host, {});
  CHECK(result.state == "failed");
  CHECK_FALSE(result.snapshot.empty());
  REQUIRE(result.errors.size() == 1);
  CHECK(result.errors[0].kind == "failed");
  CHECK(result.errors[0].text == "hook 'echo cannot start; exit 3' exited with 3: cannot start\\x0a");
  CHECK(world.outbox().items(OutboxStage::send).size() == 1);
  CHECK(std::filesystem::exists(world.root / "after"));        // the next one has run
}

TEST_CASE("a hook before a backup that asks for it leaves the run out; one that fails stops it; those after run always") {
  AgentWorld world(2);
  AgentHost host = world.host();
  Order order = world.order("backup");
  order.backup.before = {{"exit 75", ""}};
  order.backup.after = {{"touch " + (world.root / "after").native(), ""}};
  const RunResult skipped = run_backup_order(order, host, {});
  CHECK(skipped.state == "skipped");
  CHECK(skipped.warnings == std::vector<std::string>{"hook 'exit 75' asks to skip this run"});
  CHECK(std::filesystem::remove(world.root / "after"));
  order.backup.before = {{"exit 1", ""}};
  const RunResult failed = run_backup_order(order, host, {});
  CHECK(failed.state == "failed");
  CHECK(failed.errors.at(0).text == "hook 'exit 1' exited with 1: ");
  CHECK(std::filesystem::exists(world.root / "after"));
  CHECK(world.outbox().items(OutboxStage::send).empty());
}

TEST_CASE("hooks after a backup run whatever it ended with, an error that is none of ours included") {
  AgentWorld world(2);
  AgentHost host = world.host();
  Order order = world.order("backup");
  order.backup.after = {{"touch " + (world.root / "after").native(), ""}};
  const RunHooks hooks{.progress = [](const RunProgress&) { throw std::system_error(EAGAIN, std::generic_category(), "a thread"); }};
  const RunResult failed = run_backup_order(order, host, hooks);
  CHECK(failed.run == order.run);
  CHECK(failed.state == "failed");
  REQUIRE(failed.errors.size() == 1);
  CHECK(failed.errors[0].text == "a bug, or memory is short: a thread: Resource temporarily unavailable");
  CHECK(std::filesystem::exists(world.root / "after"));
}

TEST_CASE("a host has one backup at a time, whoever began the other") {
  AgentWorld world(2);
  AgentHost host = world.host();
  const FileLock other = FileLock::acquire(host.paths.agent_state() / "backup.lock").value();
  const RunResult result = run_backup_order(world.order("backup"), host, {});
  CHECK(result.state == "failed");
  REQUIRE(result.errors.size() == 1);
  CHECK(result.errors[0].text == "another backup runs on this host; try again when it has ended");
}
