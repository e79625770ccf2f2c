// A backup with commands on a host whose agent runs them itself: one snapshot with all of them, or none.
#include <unistd.h>

#include <fstream>

#include "agent/orders/backup_order.h"
#include "test/support/catch.h"
#include "test/unit/agent/orders/agent_world.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

struct Bench : AgentWorld {
  Bench() : AgentWorld(2), opened(host()) {}
  RunResult run(const std::vector<CommandSource>& commands, const RunHooks& hooks = {}) {
    Order made = order("backup");
    made.backup.commands = commands;
    if (without_paths) made.backup.paths.clear();
    return run_backup_order(made, opened, hooks);
  }
  AgentHost opened;
  bool without_paths = false;
};

std::string error_of(const RunResult& run) {
  CHECK(run.state == "failed");
  CHECK(run.snapshot.empty());
  return run.errors.empty() ? "" : run.errors.front().kind + ": " + run.errors.front().text;
}

}  // namespace

TEST_CASE("outputs of commands are files of the snapshot beside those of the host, and may be all of it") {
  Bench bench;
  const RunResult without = bench.run({});
  const RunResult with = bench.run({{"b", "head -c 5000000 /dev/urandom", ""}, {"a", "printf 12345", ""}, {"empty", "true", ""}});
  CHECK(with.state == "complete");
  CHECK(with.files == without.files + 3);
  CHECK(with.bytes == without.bytes + 5'000'005);
  bench.without_paths = true;
  const RunResult alone = bench.run({{"a", "printf 12345", ""}});
  CHECK(alone.state == "complete");
  CHECK(alone.files == 1);
  CHECK(alone.new_bytes < 100'000);                      // what it wrote is stored already
}

TEST_CASE("a command that fails, however late, makes the job fail, and there is no snapshot; those after run all the same") {
  Bench bench;
  const std::vector<CommandSource> commands{{"good", "printf x", ""}, {"bad", "head -c 5000000 /dev/urandom; echo why >&2; exit 3", ""}, {"never", "touch never", ""}};
  CHECK(error_of(bench.run(commands)) == "failed: command 'bad' exited with 3: why\\x0a");
  CHECK(error_of(bench.run({{"bad", "kill -TERM $$", ""}})) == "failed: command 'bad' exited with 143 (signal 15)");
  CHECK(error_of(bench.run({{"bad", "true", "no-such-user"}})) == "failed: command 'bad': no user 'no-such-user' on this host");
  CHECK_FALSE(std::filesystem::exists("never"));
  CHECK(bench.outbox().items(OutboxStage::send).empty());
}

TEST_CASE("a missing source is told before any command runs") {
  Bench bench;
  const Path mark = bench.root / "mark";
  std::filesystem::remove_all(bench.source.path());
  CHECK(error_of(bench.run({{"a", "touch " + mark.native(), ""}})).starts_with("not_found: no such source: "));
  CHECK_FALSE(std::filesystem::exists(mark));
}

TEST_CASE("a run that is stopped does not wait for its command") {
  Bench bench;
  const Deadline deadline(system_clock(), std::chrono::seconds(30));
  CHECK(error_of(bench.run({{"a", "sleep 60", ""}}, {.progress = {}, .stopped = [] { return true; }})) == "interrupted: command 'a' was stopped");
  CHECK_FALSE(deadline.passed());
}

TEST_CASE("what a command leaves running and writes without a pause is not backed up for ever") {
  Bench bench;
  const Deadline deadline(system_clock(), std::chrono::seconds(60));
  CHECK(error_of(bench.run({{"a", "yes & exit 0", ""}})) == "failed: command 'a' has ended and left something running that still holds its output");
  CHECK(error_of(bench.run({{"a", "yes & exit 3", ""}})) == "failed: command 'a' exited with 3");
  CHECK(bench.run({{"a", "head -c 300000 /dev/zero; (sleep 0.3; head -c 300000 /dev/zero) & exit 0", ""}}).state == "complete");
  CHECK_FALSE(deadline.passed());
}
