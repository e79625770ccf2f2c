// Whole backups against systems in memory: what is kept of one that ends early, and what becomes of packs whose systems are gone.
#include <mutex>

#include "test/support/catch.h"
#include "test/unit/agent/backup/backup_bench.h"

using namespace sparekeep;
using namespace sparekeep::agent;

TEST_CASE("what was stored while a backup was stopped is not sent again") {
  BackupBench bench(4);
  bench.write("big", 40 << 20, 1);
  std::atomic<bool> stop = false;
  for (const auto& system : bench.systems)
    system->before_put = [&](const ShardId&) -> Result<void> {
      stop = true;                                   // with shards under way everywhere
      system_clock().sleep(std::chrono::milliseconds(300));
      return {};
    };
  try {
    bench.back_up(bench.order({2, 2}), [&] { return stop.load(); });
    FAIL("it was not stopped");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::interrupted);
  }
  const size_t kept = bench.shards();
  CHECK(kept >= 4);
  for (const auto& system : bench.systems) system->before_put = {};
  const RunResult next = bench.back_up({2, 2});
  CHECK(next.state == "complete");
  CHECK(next.new_bytes < 30u << 20);
}

TEST_CASE("the jobs of one host share what they store") {
  BackupBench bench(4);
  bench.write("big", 40 << 20, 1);
  bench.back_up({2, 2});
  Order other = bench.order({2, 2});
  other.job = bench.random.id<JobId>();
  const RunResult run = bench.back_up(other);
  CHECK(run.state == "complete");
  CHECK(run.new_bytes < 1 << 20);
}

TEST_CASE("another job's commit leaves what an interrupted one has stored") {
  BackupBench bench(4);
  bench.write("big", 40 << 20, 1);
  size_t puts = 0;
  std::mutex mutex;
  for (const auto& system : bench.systems)
    system->before_put = [&](const ShardId&) -> Result<void> {
      const std::lock_guard lock(mutex);
      return ++puts > 8 ? Result<void>(Error(ErrorKind::no_space, "no room")) : Result<void>();
    };
  CHECK_THROWS_AS(bench.back_up({2, 2}), Error);
  for (const auto& system : bench.systems) system->before_put = {};
  Order other = bench.order({2, 2});
  other.job = bench.random.id<JobId>();
  other.backup.paths = {bench.state.path().string()};
  bench.back_up(other);
  CHECK(bench.back_up({2, 2}).new_bytes < 30u << 20);
}

TEST_CASE("a memory that cannot be written costs the next backup time, and this one nothing") {
  BackupBench bench(4);
  bench.write("big", 8 << 20, 1);
  const Path manifest = bench.vault.folder() / (bench.job.hex() + ".manifest.new");
  std::filesystem::create_directory(manifest);           // stands in the way
  CHECK(bench.back_up({2, 2}).state == "complete");
  const RunResult second = bench.back_up({2, 2});
  CHECK(second.state == "complete");
  CHECK(second.new_bytes < 1 << 20);                     // by what the journal knows
}
