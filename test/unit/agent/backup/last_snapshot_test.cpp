// The memory of a job's last snapshot, removed or damaged: made again from what systems hold, as it was, or believed no more than is safe.
#include "agent/backup/last_snapshot.h"

#include <fstream>

#include "test/support/catch.h"
#include "test/unit/agent/backup/backup_bench.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

constexpr Layout kLayout{2, 2};
constexpr uint64_t kFilesMax = 1u << 30;

struct MemoryBench : BackupBench {
  MemoryBench() : BackupBench(4) {
    for (int i = 0; i < 300; ++i) write("file" + std::to_string(i), 30'000, 100 + static_cast<uint64_t>(i));
    write("big", 4 << 20, 1);
    std::filesystem::create_hard_link(source / "big", source / "also-big");
  }

  std::map<std::string, Bytes> memory() const {
    std::map<std::string, Bytes> files;
    for (const std::string& name : list_folder(vault.folder()).value())
      if (name.starts_with(job.hex())) files[name] = read_file(vault.folder() / name, kFilesMax).value();
    return files;
  }
  Path file(const std::string& suffix) const {
    for (const auto& [name, bytes] : memory())
      if (name.ends_with(suffix)) return vault.folder() / name;
    throw Error(ErrorKind::usage, "there is no " + suffix);
  }
  void lose() const {
    for (const auto& [name, bytes] : memory()) std::filesystem::remove(vault.folder() / name);
  }
  void damage(const std::string& suffix, const std::function<void(Bytes&)>& how) const {
    const Path path = file(suffix);
    Bytes bytes = read_file(path, kFilesMax).value();
    how(bytes);
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  LastSnapshot asked() const {
    const Targets reached = targets();
    const Order asks = order(kLayout);
    SnapshotCache cache(vault.folder(), job);
    return last_snapshot(cache, {asks, reached, vault, clock, true, [] {}});
  }
  void refuse(StoredKind kind) {
    for (const auto& system : systems)
      system->before_object = [kind](StoredKind asked, std::string_view) -> Result<void> {
        if (asked == kind) return Error(ErrorKind::failed, "the disk says no");
        return {};
      };
  }
};

bool is_told(const RunResult& run, const std::string& text) {
  return std::any_of(run.warnings.begin(), run.warnings.end(), [&](const std::string& one) { return one.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("a memory that is lost or damaged is made again as it was, to the byte") {
  MemoryBench bench;
  bench.back_up(kLayout);
  bench.write("file7", 30'000, 7);                       // numbers of before stay, others become unused
  std::filesystem::remove(bench.source / "file8");
  bench.back_up(kLayout);
  const std::map<std::string, Bytes> before = bench.memory();
  REQUIRE(before.size() == 2);
  const auto flip = [](Bytes& bytes) { bytes[bytes.size() / 2] ^= 1; };
  const auto cut = [](Bytes& bytes) { bytes.resize(bytes.size() / 2); };
  const std::vector<std::function<void()>> ways{
      [&] { bench.lose(); },
      [&] { bench.damage(".snapshot", flip); },
      [&] { bench.damage(".snapshot", cut); },
      [&] { bench.damage(".snapshot", [](Bytes& bytes) { bytes.clear(); }); },
      [&] { bench.damage(".manifest", cut); },
      [&] { std::filesystem::remove(bench.file(".manifest")); },
  };
  for (size_t way = 0; way < ways.size(); ++way) {
    CAPTURE(way);
    ways[way]();
    const LastSnapshot last = bench.asked();
    CHECK(last.memory);
    CHECK(last.whole);
    CHECK(last.warning.ends_with("it was made again from record 2 of this host's vault, which systems hold"));
    CHECK(bench.memory() == before);
  }
  CHECK(bench.asked().warning.empty());
}

TEST_CASE("after its memory was lost or damaged a backup sends what has changed") {
  for (const std::string part : {"", ".snapshot", ".manifest"}) {
    CAPTURE(part);
    MemoryBench bench;
    const uint64_t first = bench.back_up(kLayout).new_bytes;
    const uint64_t usual = bench.back_up(kLayout).new_bytes;
    bench.write("file7", 30'000, 7);
    if (part.empty()) bench.lose();
    else bench.damage(part, [](Bytes& bytes) { bytes.resize(bytes.size() - 1); });
    const RunResult run = bench.back_up(kLayout);
    CHECK(run.state == "complete");
    CHECK(is_told(run, part.empty() ? "is lost; it was made again" : "is damaged ("));
    CHECK(run.new_bytes < usual + 30'000 * 2 + (1 << 20));
    CHECK(run.new_bytes < first / 4);
    const RunResult next = bench.back_up(kLayout);
    CHECK(next.warnings.empty());
  }
}

TEST_CASE("a memory that systems do not give back costs time, and a warning") {
  for (const bool damaged : {false, true}) {
    MemoryBench bench;
    bench.back_up(kLayout);
    if (damaged) bench.damage(".snapshot", [](Bytes& bytes) { bytes[20] ^= 1; });
    else bench.lose();
    bench.refuse(StoredKind::pack_list_block);
    const RunResult run = bench.back_up(kLayout);
    CHECK(run.state == "complete");
    CHECK(is_told(run, "systems do not give it back"));
    CHECK(is_told(run, "the disk says no"));
    CHECK(bench.back_up(kLayout).warnings.empty());
  }
}

TEST_CASE("the first backup of a job finds no memory, and says nothing") {
  MemoryBench bench;
  bench.back_up(kLayout);
  Order other = bench.order(kLayout);
  other.job = bench.random.id<JobId>();
  const RunResult run = bench.back_up(other);
  CHECK(run.warnings.empty());
  CHECK(run.new_bytes < 2 << 20);
}

TEST_CASE("a memory is made again behind the records of another job, and without a system that is dead") {
  MemoryBench bench;
  bench.back_up(kLayout);
  const std::map<std::string, Bytes> before = bench.memory();
  Order other = bench.order(kLayout);
  other.job = bench.random.id<JobId>();
  for (int run = 0; run < 3; ++run) bench.back_up(other);
  bench.lose();
  CHECK(bench.asked().memory);
  CHECK(bench.memory() == before);
  bench.lose();
  bench.systems[1]->state = StoreState::dead;
  const RunResult run = bench.back_up(kLayout);
  CHECK(run.state == "degraded");
  CHECK(is_told(run, "is lost; it was made again from record 1 of"));
  CHECK(run.new_bytes < 1 << 20);
}

TEST_CASE("of a partial snapshot that lacks a root nothing is believed but what is stored") {
  MemoryBench bench;
  make_folders(bench.source / "disk").value();
  make_folders(bench.source / "rest").value();
  bench.write("disk/file", 3 << 20, 5);
  bench.write("rest/file", 3 << 20, 6);
  Order both = bench.order(kLayout);
  both.backup.paths = {(bench.source / "disk").string(), (bench.source / "rest").string()};
  CHECK(bench.back_up(both).state == "complete");
  std::filesystem::remove_all(bench.source / "disk");
  make_folders(bench.source / "disk").value();
  CHECK(bench.back_up(both).state == "partial");
  bench.lose();
  const RunResult run = bench.back_up(both);
  CHECK(run.state == "partial");                         // not taken for emptied
  CHECK(is_told(run, "what is stored is known from record 2"));
  CHECK(run.new_bytes < 2 << 20);
}

TEST_CASE("a job's first backup that looks through the records of other jobs ends when it is stopped") {
  MemoryBench bench;
  bench.back_up(kLayout);
  bench.back_up(kLayout);
  const Targets reached = bench.targets();
  Order first = bench.order(kLayout);
  first.job = JobId{{9}};
  SnapshotCache cache(bench.vault.folder(), first.job);
  const auto stop = [] { throw Error(ErrorKind::interrupted, "stopped"); };
  CHECK_THROWS_WITH(last_snapshot(cache, {first, reached, bench.vault, bench.clock, true, stop}), "stopped");
}
