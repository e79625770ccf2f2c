// A restore whose files fill several batches, which several threads write: by this process, and by another one that does each step.
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "agent/privileged/remote_target.h"
#include "agent/privileged/target_server.h"
#include "agent/restore/restore.h"
#include "test/support/catch.h"
#include "test/support/fetch_world.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

constexpr size_t kFolders = 24, kFiles = 90;           // 2,160 files: three batches

FileEntry entry_of(const std::string& path, FileKind kind, uint32_t mode, uint64_t size) {
  FileEntry entry;
  entry.path = path, entry.kind = kind, entry.mode = mode, entry.size = size;
  entry.uid = ::geteuid(), entry.gid = ::getegid(), entry.mtime = {1'000'000 + static_cast<int64_t>(size), 5};
  return entry;
}

Bytes noise(Random& random, size_t length) {
  Bytes bytes(length);
  random.fill(bytes);
  return bytes;
}

// A second tree with a name for each file: more than a restore remembers.
void add_second_names(std::vector<TestFile>& files) {
  files.push_back({{.file = entry_of("/tree/links", FileKind::directory, 0755, 0), .hash = {}, .content = {}}, {}});
  for (size_t i = 0, count = files.size(); i < count; ++i) {
    const FileEntry& file = files[i].entry.file;
    if (file.kind != FileKind::regular || !file.hard_link.empty()) continue;
    FileEntry link = file;
    link.path = "/tree/links/" + std::to_string(100'000 + i), link.hard_link = file.path;
    files.push_back({{.file = std::move(link), .hash = {}, .content = {}}, {}});
  }
}

// Small ones of one piece, of two (they cross a chunk), and now and then one that is long.
std::vector<TestFile> many_files() {
  SeededRandom random(7);
  std::vector<TestFile> files{{{.file = entry_of("/tree", FileKind::directory, 0755, 0), .hash = {}, .content = {}}, {}}};
  for (size_t i = 0; i < kFolders; ++i) {
    const std::string folder = "/tree/" + std::to_string(100 + i);
    files.push_back({{.file = entry_of(folder, FileKind::directory, 0555, 0), .hash = {}, .content = {}}, {}});
    for (size_t file = 0; file < kFiles; ++file) {
      const bool first = file == 0, linked = file == kFiles - 1;
      const Bytes content = linked ? Bytes() : noise(random, first ? 300'000 : random.below(3000));
      files.push_back({{.file = entry_of(folder + "/" + std::to_string(100 + file), FileKind::regular, 0644, content.size()), .hash = {}, .content = {}}, content});
      if (linked) files.back().entry.file.hard_link = folder + "/150";
    }
  }
  for (TestFile& file : files)
    if (!file.entry.file.hard_link.empty()) file.entry.file.size = 1;
  add_second_names(files);
  return files;
}

// The other half of a restore in two processes, in a thread.
class OtherHalf {
 public:
  explicit OtherHalf(const RestoreOrder& order) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw system_error("socketpair", errno);
    target.emplace(Descriptor(ends[0]), system_clock());
    thread_ = std::thread([&order, socket = ends[1]] {
      Channel asking{Descriptor(socket), kTargetMessageMax};
      TargetServer server(asking, order, {}, system_clock());
      static_cast<void>(server.serve(Deadline(system_clock(), std::chrono::seconds(300)), {}, [](const RunProgress&) {}));
    });
  }
  ~OtherHalf() {
    target.reset();
    thread_.join();
  }
  std::optional<TargetConnection> target;

 private:
  std::thread thread_;
};

struct Fixture {
  TemporaryFolder folder;
  FetchWorld vault{1, 4, {}, 1};
  std::vector<TestFile> files = many_files();
  std::optional<Reading> reading;
  AccountNames names;
  Order order;
  bool in_two = false;
  TargetOpener opener{};
  std::function<bool()> stopped{};

  Fixture() {
    vault.record = vault.vault.write(files, vault.stores());
    FetchOptions options;
    options.data_ids = ChunkIds::by_tag;
    reading.emplace(vault, options);
    order.restore.target = (folder / "target").string();
  }
  RunResult run() {
    RestoreWorld world{vault.clock, names, *reading->reader, opener};
    std::optional<OtherHalf> other;
    if (in_two) {
      other.emplace(order.restore);
      world.open_target = [&](const RestoreOrder& restore, AccountNames&, const WarningSink& warn) {
        return open_remote_target(*other->target, restore.numeric_owner, warn);
      };
    }
    return run_restore({order, {order.restore.path, {}, {}}, {}, stopped}, world);
  }
  Path standing(const TestFile& file) const { return folder / ("target" + file.entry.file.path); }
};

void check_metadata(const Path& path, const FileEntry& wanted) {
  struct stat facts {};
  REQUIRE(::lstat(path.c_str(), &facts) == 0);
  REQUIRE((facts.st_mode & 07777) == wanted.mode);
  REQUIRE(facts.st_mtim.tv_sec == wanted.mtime.seconds);
}

void check_all(const Fixture& fixture) {
  for (const TestFile& file : fixture.files) {
    const FileEntry& wanted = file.entry.file;
    if (!wanted.hard_link.empty()) {
      REQUIRE(std::filesystem::equivalent(fixture.standing(file), fixture.folder / ("target" + wanted.hard_link)));
      continue;
    }
    check_metadata(fixture.standing(file), wanted);
    if (wanted.kind == FileKind::regular) REQUIRE(read_file(fixture.standing(file), 1 << 20).value() == file.stored);
  }
}

}  // namespace

TEST_CASE("several batches, written by several threads: everything stands, folders have their own time, a second run writes nothing") {
  Fixture fixture;
  fixture.in_two = GENERATE(false, true);
  fixture.order.restore.verify = GENERATE(true, false);
  const RunResult first = fixture.run();
  CHECK(first.state == "complete");
  CHECK(first.changed == fixture.files.size());
  check_all(fixture);
  CHECK(fixture.run().changed == 0);
}

TEST_CASE("what others put into a folder that a restore has just made is replaced, and left alone where the order says so") {
  Fixture fixture;
  fixture.order.restore.overwrite = GENERATE("changed", "never");
  const Path early = fixture.folder / "target/tree/123/189", folder = early.parent_path(), late = folder / "188";
  bool put = false;
  fixture.stopped = [&] {
    if (!put && std::filesystem::exists(folder)) put = write_durably(late, as_bytes("somebody's")).has_value();
    return false;
  };
  const RunResult result = fixture.run();
  REQUIRE(put);
  CHECK(result.state == "complete");
  CHECK((read_file(late, 1 << 20).value() == Bytes(as_bytes("somebody's").begin(), as_bytes("somebody's").end())) == (fixture.order.restore.overwrite == "never"));
}

TEST_CASE("a fault in a thread that writes ends the restore by name, and what is stopped ends soon") {
  Fixture fixture;
  SECTION("a fault") {
    fixture.files[2].entry.file.flags = "not-known-here";
    fixture.vault.record = fixture.vault.vault.write(fixture.files, fixture.vault.stores());
    fixture.reading.emplace(fixture.vault);
    fixture.opener = [](const RestoreOrder& order, AccountNames& names, const WarningSink&) {
      return open_target(order, {}, names, [](std::string_view, const std::string&) { throw std::bad_alloc(); });
    };
    CHECK_THROWS_WITH(fixture.run(), "the restore ended at a fault: std::bad_alloc");
  }
  SECTION("a stop") {
    fixture.stopped = [asked = 0]() mutable { return ++asked > 2000; };
    CHECK_THROWS_WITH(fixture.run(), "the restore was stopped; a second one goes on from there");
    fixture.stopped = {};
    CHECK(fixture.run().state == "complete");
    check_all(fixture);
  }
}
