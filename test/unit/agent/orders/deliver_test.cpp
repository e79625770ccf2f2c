// What waits on a host reaches the central, whatever is wrong with one of the things that wait.
#include "agent/orders/deliver.h"

#include <fstream>

#include "test/support/catch.h"
#include "test/unit/agent/orders/agent_world.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

const RunId kRun = RunId::parse("0102030405060708090a0b0c0d0e0f10").value();

std::vector<std::string> names(const Outbox& outbox, OutboxStage stage) {
  std::vector<std::string> all;
  for (const Outbox::Item& item : outbox.items(stage)) all.push_back(item.name);
  return all;
}

void damage(const Path& file) { std::ofstream(file, std::ios::binary | std::ios::trunc) << "rubbish"; }

}  // namespace

TEST_CASE("a result with a name that is no UTF-8 arrives") {
  AgentWorld world(0);
  const AgentHost host = world.host();
  CentralClient central = world.client();
  RunResult result{.run = kRun, .state = "partial"};
  result.errors.push_back({"partial", "/srv/caf\xe9.log", "'/srv/caf\xe9.log' is not readable"});
  REQUIRE(keep_result(host, result));
  REQUIRE(send_results(host, central));
  REQUIRE(world.central.results().size() == 1);
  CHECK(world.central.results()[0].errors.at(0).path == "/srv/caf\\xe9.log");
  REQUIRE(send_results(host, central));
  CHECK(world.central.results().size() == 1);                       // once taken, it is gone
}

TEST_CASE("a result that cannot be read any more is a failed one, not none") {
  AgentWorld world(0);
  const AgentHost host = world.host();
  CentralClient central = world.client();
  REQUIRE(keep_result(host, {.run = kRun, .state = "complete"}));
  damage(world.chain.state() / "waiting" / (kRun.hex() + ".result"));
  REQUIRE(send_results(host, central));
  REQUIRE(world.central.results().size() == 1);
  CHECK(world.central.results()[0].run == kRun);
  CHECK(world.central.results()[0].state == "failed");
  CHECK(world.central.results()[0].errors.at(0).text.starts_with("the run has ended, and what came of it cannot be read"));
}

TEST_CASE("a snapshot that the central refuses stops nothing, and is kept") {
  AgentWorld world(2);
  AgentHost host = world.host();
  CentralClient central = world.client();
  const std::string bad = world.back_up(), good = world.back_up();
  world.central.refuse_objects(bad, Error(ErrorKind::denied, "signed by another"));
  CHECK(send_snapshots(host, central));
  CHECK(names(world.outbox(), OutboxStage::refused) == std::vector<std::string>{bad});
  CHECK(names(world.outbox(), OutboxStage::send).empty());
  CHECK(world.central.objects().back().ends_with(good));

  const auto snapshot_of = [](const std::string& record) { return record.substr(0, 2 * SnapshotId::kSize); };
  REQUIRE(keep_result(host, {.run = kRun, .state = "complete", .snapshot = snapshot_of(bad)}));
  REQUIRE(send_results(host, central));
  REQUIRE(keep_result(host, {.run = kRun, .state = "complete", .snapshot = snapshot_of(good)}));
  REQUIRE(send_results(host, central));
  REQUIRE(world.central.results().size() == 2);
  CHECK(world.central.results()[0].state == "pending");
  CHECK(world.central.results()[0].warnings.at(0).find("waits on the host") != std::string::npos);
  CHECK(world.central.results()[1].state == "complete");

  world.central.refuse_objects(bad, Error(ErrorKind::denied, ""));
  try_refused_again(host);
  CHECK(send_snapshots(host, central));
  CHECK(names(world.outbox(), OutboxStage::refused).empty());
  CHECK(world.central.objects().back().ends_with(bad));
}

TEST_CASE("a damaged snapshot in the outbox stops nothing, and is kept") {
  AgentWorld world(2);
  AgentHost host = world.host();
  CentralClient central = world.client();
  const std::string bad = world.back_up(), good = world.back_up();
  damage(world.chain.state() / "waiting" / (bad + ".send"));
  CHECK(send_snapshots(host, central));
  CHECK(names(world.outbox(), OutboxStage::refused) == std::vector<std::string>{bad});
  CHECK(world.central.objects().back().ends_with(good));
}

TEST_CASE("what a central has no room for now waits; where none answers, everything does") {
  AgentWorld world(2);
  AgentHost host = world.host();
  CentralClient central = world.client();
  const std::string first = world.back_up();
  world.central.refuse_objects(first, Error(ErrorKind::no_space, "the disk is full"));
  CHECK(send_snapshots(host, central));
  CHECK(names(world.outbox(), OutboxStage::send) == std::vector<std::string>{first});
  world.central.stop();
  CHECK_FALSE(send_snapshots(host, central));
  CHECK(names(world.outbox(), OutboxStage::send) == std::vector<std::string>{first});
}

TEST_CASE("a commit left half-way waits for systems that are away, and is completed when they are back") {
  AgentWorld world(2);
  AgentHost host = world.host();
  const std::string name = world.back_up();
  REQUIRE(world.outbox().move({name, OutboxStage::send}, OutboxStage::commit));      // killed after the systems took it
  const SnapshotHead head = world.chain.vault().head().value();
  REQUIRE(world.chain.vault().set_head({}));
  world.chain.daemon(0).stop(), world.chain.daemon(1).stop();
  REQUIRE(complete_commits(host));
  CHECK(names(world.outbox(), OutboxStage::commit) == std::vector<std::string>{name});
  CHECK(world.chain.vault().head().value().record == head.record);                           // no other record gets its sequence
  world.chain.daemon(0).start(), world.chain.daemon(1).start();
  REQUIRE(complete_commits(host));
  CHECK(names(world.outbox(), OutboxStage::commit).empty());
  CHECK(names(world.outbox(), OutboxStage::send) == std::vector<std::string>{name});
}

TEST_CASE("a commit left half-way is given up when all systems answered and a shard is gone for good") {
  AgentWorld world(2);
  AgentHost host = world.host();
  const std::string name = world.back_up();
  REQUIRE(world.outbox().move({name, OutboxStage::send}, OutboxStage::commit));
  for (size_t i = 0; i < 2; ++i)
    for (const Path& file : shard_files(world.chain.daemon(i).storage())) std::filesystem::remove(file);
  REQUIRE(complete_commits(host));
  CHECK(names(world.outbox(), OutboxStage::commit).empty());
  CHECK(names(world.outbox(), OutboxStage::send).empty());
}

TEST_CASE("a commit left half-way that is completed without one of its systems is degraded, by a second revision") {
  AgentWorld world(3);
  AgentHost host = world.host();
  const RunResult made = world.chain.back_up(world.source.path(), copies(3));
  REQUIRE(made.state == "complete");
  REQUIRE(world.outbox().move({made.snapshot + ".1", OutboxStage::send}, OutboxStage::commit));
  world.chain.daemon(2).stop();
  REQUIRE(complete_commits(host));
  CHECK(names(world.outbox(), OutboxStage::commit).empty());
  REQUIRE(names(world.outbox(), OutboxStage::send) == std::vector<std::string>{made.snapshot + ".2"});
  const Bundle sent = world.outbox().load({made.snapshot + ".2", OutboxStage::send}).value();
  CHECK(SnapshotRecord::parse_public(sent.record).value().state.degraded);
  const std::shared_ptr<ShardStore> system = world.chain.daemon(0).store(world.chain.client({Role::agent}), system_clock());
  const Deadline deadline(system_clock(), std::chrono::seconds(10));
  CHECK(system->get_object(sent.vault, StoredKind::record, made.snapshot + ".2", deadline).value() == sent.record);
}
