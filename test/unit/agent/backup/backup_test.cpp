// Whole backups against systems in memory: what is kept of one that ends early, and what becomes of packs whose systems are gone.
#include <sys/stat.h>

#include <mutex>

#include "test/support/catch.h"
#include "test/unit/agent/backup/backup_bench.h"

using namespace sparekeep;
using namespace sparekeep::agent;

TEST_CASE("what was stored while a backup was stopped is not sent again") {
  BackupBench bench(4);
  bench.write("big", 100 << 20, 1);                    // more packs than are under way at once
  std::atomic<int> begun = 0;
  for (const auto& system : bench.systems)
    system->before_put = [&](const ShardId&) -> Result<void> {
      ++begun;
      system_clock().sleep(std::chrono::milliseconds(300));
      return {};
    };
  try {
    bench.back_up(bench.order({2, 2}), [&] { return begun >= 4; });   // with shards under way everywhere
    FAIL("it was not stopped");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::interrupted);
  }
  const size_t kept = bench.shards();
  CHECK(kept >= 4);
  for (const auto& system : bench.systems) system->before_put = {};
  const RunResult next = bench.back_up({2, 2});
  CHECK(next.state == "complete");
  CHECK(next.new_bytes < 92u << 20);
}

TEST_CASE("a backup is stopped while all that it meets is left out") {
  BackupBench bench(4);
  for (int i = 0; i < 3000; ++i) bench.write("left-out-" + std::to_string(i), 1, 1);
  bench.write("z", 1000, 1);
  std::atomic<size_t> chosen = 0;
  bench.walk.choose = [&](std::string_view path, bool) { return ++chosen, path.ends_with("/z") ? PathChoice::take : PathChoice::leave; };
  try {
    bench.back_up(bench.order({2, 2}), [&] { return chosen > 0; });
    FAIL("it was not stopped");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::interrupted);
    CHECK(error.text() == "the backup was stopped; what was stored stays, the next run goes on");
  }
  CHECK(chosen < 1000);
}

TEST_CASE("where too many systems are full, further tries add nothing to the others, and room brings the rest alone") {
  BackupBench bench(4);
  bench.write("big", 40 << 20, 1);
  const auto limit = [](FaultyStore& system, int64_t shards) {      // shards of full packs that it has room for
    auto left = std::make_shared<std::atomic<int64_t>>(shards);
    system.says_available = [left] { return static_cast<uint64_t>(*left) * (9 << 20); };
    system.before_put = [left](const ShardId&) -> Result<void> {
      if (*left == 0) return Error(ErrorKind::no_space, "no room");
      return --*left, Result<void>();
    };
  };
  for (const int64_t shards : {0, 2}) {
    for (const size_t full : {2, 3}) limit(*bench.systems[full], shards);
    CHECK_THROWS_AS(bench.back_up({2, 2}), Error);
    const size_t stored = bench.shards();
    CHECK(stored == static_cast<size_t>(shards) * 4);
    for (int further = 0; further < 2; ++further) CHECK_THROWS_AS(bench.back_up({2, 2}), Error);
    CHECK(bench.shards() == stored);
  }
  for (const auto& system : bench.systems) system->says_available = {}, system->before_put = {};
  const RunResult run = bench.back_up({2, 2});
  CHECK(run.state == "complete");
  CHECK(run.new_bytes < 17u << 20);                  // of 40 MiB two packs were there
}

TEST_CASE("metadata that was stored for a snapshot that was not made is not sent again") {
  BackupBench bench(3);
  bench.write("big", 1 << 20, 1);
  for (const auto& system : bench.systems)
    system->before_record = [](std::string_view) -> Result<void> { return Error(ErrorKind::no_space, "no room"); };
  CHECK_THROWS_AS(bench.back_up(copies(2)), Error);
  const size_t stored = bench.shards();
  CHECK_THROWS_AS(bench.back_up(copies(2)), Error);
  CHECK(bench.shards() == stored);
  for (const auto& system : bench.systems) system->before_record = {};
  const RunResult run = bench.back_up(copies(2));
  CHECK(run.state == "complete");
  CHECK(run.new_bytes == 0);
  CHECK(bench.shards() == stored);
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

TEST_CASE("a FIFO in the place of what a vault's folder holds is passed over, not waited for") {
  for (const char* suffix : {".snapshot", ".manifest", ".manifest.new", ".stored-packs", "head"}) {
    BackupBench bench(4);
    bench.write("big", 4 << 20, 1);
    bench.back_up({2, 2});
    std::string name = bench.job.hex() + suffix;
    for (const std::string& held : list_folder(bench.vault.folder()).value())
      if (held.ends_with(suffix)) name = held;
    CAPTURE(name);
    std::filesystem::remove(bench.vault.folder() / name);
    REQUIRE(::mkfifo((bench.vault.folder() / name).c_str(), 0600) == 0);
    CHECK(bench.back_up({2, 2}).state == "complete");
    CHECK(bench.back_up({2, 2}).state == "complete");
    CHECK(bench.back_up({2, 2}).new_bytes < 1 << 20);
  }
}
