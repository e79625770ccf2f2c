// Whole backups against systems in memory: what is kept of one that ends early, and what becomes of packs whose systems are gone.
#include <future>

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
