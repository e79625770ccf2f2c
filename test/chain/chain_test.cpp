// The chain on real input, in one process: files -> packs -> daemons over TLS -> files.
#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

#include "test/chain/chain_world.h"
#include "test/support/awkward_tree.h"
#include "test/support/catch.h"
#include "test/support/tree_compare.h"

using namespace sparekeep;

namespace {

void write_text(const Path& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }

std::string random_text(size_t size, uint64_t seed) {
  std::string text(size, '\0');
  SeededRandom(seed).fill({reinterpret_cast<uint8_t*>(text.data()), text.size()});
  return text;
}

// About 30 MB: several packs, small files, one file of many chunks, copies that deduplicate.
void build_source(const Path& folder) {
  std::filesystem::create_directories(folder / "small");
  for (int i = 0; i < 500; ++i) write_text(folder / "small" / ("file" + std::to_string(i)), random_text(static_cast<size_t>(i) * 7, 1000u + static_cast<uint64_t>(i)));
  write_text(folder / "big", random_text(20 << 20, 1));
  write_text(folder / "copy", random_text(20 << 20, 1));
  write_text(folder / "middle", random_text(6 << 20, 2));
  write_text(folder / "empty", "");
}

// The first few, so that a failure can be read.
std::vector<std::string> differences(const Path& left, const Path& right, TreeCompareOptions options = {}) {
  std::vector<std::string> all = compare_trees(left, right, options);
  if (all.size() > 5) all.resize(5);
  return all;
}

// What the run said, for the message of a failing check.
std::string said(const RunResult& run) {
  std::string text = run.state;
  for (const RunError& error : run.errors)
    if (text.size() < 2000) text += "\n" + error.kind + " " + error.path + ": " + error.text;
  for (const std::string& warning : run.warnings)
    if (text.size() < 3000) text += "\n" + warning;
  return text;
}

// The daemons that hold shards of the pack with the biggest shard: one of data, not of metadata.
std::vector<size_t> holders_of_a_pack(ChainWorld& world) {
  std::pair<uintmax_t, std::string> biggest;
  std::map<std::string, std::vector<size_t>> holders;
  for (size_t i = 0; i < world.size(); ++i)
    for (const Path& file : shard_files(world.daemon(i).storage())) {
      const std::string pack = file.stem().string();
      holders[pack].push_back(i);
      biggest = std::max(biggest, {std::filesystem::file_size(file), pack});
    }
  return holders[biggest.second];
}

void flip_byte(const Path& file, uint64_t offset) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  const char byte = static_cast<char>(stream.get());
  stream.seekp(static_cast<std::streamoff>(offset));
  stream.put(static_cast<char>(byte ^ 0x40));
}

}  // namespace

TEST_CASE("what is backed up comes back equal, and again without a write") {
  const TemporaryFolder source, target;
  build_source(source.path());
  ChainWorld world(5);
  const RunResult made = world.back_up(source.path(), {2, 2});
  CHECK(said(made) == "complete");
  CHECK(made.errors.empty());
  CHECK(made.new_bytes < 30u << 20);                       // the copy was not stored again
  const RunResult restored = world.restore(made.snapshot, source.path(), target.path());
  CHECK(said(restored) == "complete");
  CHECK(differences(source.path(), target.path()) == std::vector<std::string>());
  const RunResult again = world.restore(made.snapshot, source.path(), target.path());
  CHECK(again.changed == 0);
  CHECK(said(again) == "complete");
}

TEST_CASE("every awkward kind of file comes back equal") {
  const TemporaryFolder source, target;
  build_awkward_tree(source.path());
  ChainWorld world(4);
  const RunResult made = world.back_up(source.path(), copies(2));
  const RunResult restored = world.restore(made.snapshot, source.path(), target.path());
  TreeCompareOptions options;
  if (::geteuid() != 0) options.owners = options.privileged_attributes = options.flags = false;
  CHECK(differences(source.path(), target.path(), options) == std::vector<std::string>());
  CHECK(world.restore(made.snapshot, source.path(), target.path()).changed == 0);
  clear_tree(source.path());
  clear_tree(target.path());
}

TEST_CASE("the second backup sends only what is new") {
  const TemporaryFolder source, target;
  build_source(source.path());
  ChainWorld world(5);
  const RunResult first = world.back_up(source.path(), {2, 2});
  system_clock().sleep(std::chrono::milliseconds(50));   // past the tick of the file system's clock
  const RunResult unchanged = world.back_up(source.path(), {2, 2});
  CHECK(unchanged.new_bytes < 200'000);
  CHECK(unchanged.files == first.files);
  write_text(source / "new", random_text(300'000, 77));
  std::filesystem::remove(source / "copy");
  const RunResult changed = world.back_up(source.path(), {2, 2});
  CHECK(changed.new_bytes > 300'000);
  CHECK(changed.new_bytes < 2'000'000);
  CHECK(said(world.restore(changed.snapshot, source.path(), target.path())) == "complete");
  CHECK(differences(source.path(), target.path()) == std::vector<std::string>());
}

TEST_CASE("any two of the systems may be gone") {
  const TemporaryFolder source;
  build_source(source.path());
  ChainWorld world(6);
  const RunResult made = world.back_up(source.path(), {2, 2});
  for (size_t a = 0; a < 6; ++a)
    for (size_t b = a + 1; b < 6; ++b) {
      const TemporaryFolder target;
      world.daemon(a).stop(), world.daemon(b).stop();
      CHECK(said(world.restore(made.snapshot, source.path(), target.path())) == "complete");
      CHECK(differences(source.path(), target.path()) == std::vector<std::string>());
      world.daemon(a).start(), world.daemon(b).start();
    }
  const TemporaryFolder target;
  const std::vector<size_t> holders = holders_of_a_pack(world);
  REQUIRE(holders.size() == 4);
  for (size_t i = 0; i < 3; ++i) world.daemon(holders[i]).stop();  // of metadata, a fourth copy is left wherever these are
  const RunResult lost = world.restore(made.snapshot, source.path(), target.path());
  CHECK(lost.state == "failed");
  REQUIRE_FALSE(lost.errors.empty());
  CHECK(lost.errors[0].kind == "lost");
  for (const RunError& error : lost.errors) CHECK_FALSE(std::filesystem::exists(target.path() / Path(error.path).lexically_relative(source.path())));
}

TEST_CASE("a flipped byte never reaches a file") {
  const TemporaryFolder source;
  build_source(source.path());
  ChainWorld world(4);
  const RunResult made = world.back_up(source.path(), {2, 2});
  for (size_t i = 0; i < 4; ++i)                           // both data shards of each pack, two copies of metadata
    for (const Path& file : shard_files(world.daemon(i).storage()))
      if (file.extension() == ".0" || file.extension() == ".1") flip_byte(file, std::filesystem::file_size(file) / 2);
  const TemporaryFolder target;
  CHECK(said(world.restore(made.snapshot, source.path(), target.path())) == "complete");
  CHECK_FALSE(world.findings.empty());
  CHECK(differences(source.path(), target.path()) == std::vector<std::string>());
}

TEST_CASE("a system that is away makes a degraded snapshot, which restores") {
  const TemporaryFolder source, target;
  build_source(source.path());
  ChainWorld world(4);
  world.daemon(2).stop();
  const RunResult made = world.back_up(source.path(), {2, 2});
  CHECK(made.state == "degraded");
  CHECK(said(world.restore(made.snapshot, source.path(), target.path())) == "complete");
  CHECK(differences(source.path(), target.path()) == std::vector<std::string>());
}

TEST_CASE("shards that vanished are made again by the next commit") {
  const TemporaryFolder source, target;
  build_source(source.path());
  ChainWorld world(4);
  world.back_up(source.path(), {2, 2});
  for (const Path& file : shard_files(world.daemon(1).storage())) std::filesystem::remove(file);
  const RunResult second = world.back_up(source.path(), {2, 2});
  CHECK(said(second) == "complete");
  CHECK_FALSE(shard_files(world.daemon(1).storage()).empty());
  world.daemon(0).stop(), world.daemon(2).stop();
  CHECK(said(world.restore(second.snapshot, source.path(), target.path())) == "complete");
  CHECK(differences(source.path(), target.path()) == std::vector<std::string>());
}

TEST_CASE("with as many systems gone for good as may be lost the next backup is in force, and the one after it is whole again") {
  const TemporaryFolder source;
  build_source(source.path());
  ChainWorld world(6);
  world.back_up(source.path(), {2, 2});
  world.daemon(1).stop(), world.daemon(4).stop();
  world.back_up(source.path(), {2, 2});                    // what could lose one more is stored anew by the next
  const RunResult healed = world.back_up(source.path(), {2, 2});
  CHECK(healed.state == "complete");
  CHECK(world.back_up(source.path(), {2, 2}).new_bytes < 1'000'000);
  const TemporaryFolder target;
  world.daemon(0).stop(), world.daemon(3).stop();
  CHECK(said(world.restore(healed.snapshot, source.path(), target.path())) == "complete");
  CHECK(differences(source.path(), target.path()) == std::vector<std::string>());
}

TEST_CASE("with two copies on three systems one may be gone for good: backups go on at once") {
  const TemporaryFolder source, target;
  build_source(source.path());
  ChainWorld world(3);
  world.back_up(source.path(), copies(2));
  world.daemon(1).stop();
  const RunResult next = world.back_up(source.path(), copies(2));
  CHECK(next.state == "complete");
  world.daemon(0).stop();
  CHECK(said(world.restore(next.snapshot, source.path(), target.path())) == "complete");
  CHECK(differences(source.path(), target.path()) == std::vector<std::string>());
}

TEST_CASE("a source that is not there is an error, not an empty snapshot") {
  ChainWorld world(4);
  CHECK_THROWS_AS(world.back_up("/nowhere/at/all", {2, 2}), Error);
}
