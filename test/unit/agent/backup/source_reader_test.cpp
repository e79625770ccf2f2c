// The reading side of a backup: what is taken over unread, what is read again, and what is left out by name.
#include "agent/backup/source_reader.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <fstream>

#include "agent/source/open_at.h"
#include "lib/base/random.h"
#include "lib/vault/manifest_writer.h"
#include "lib/vault/vault_keys.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

struct Taken final : SourceSink {
  Bytes chunk(CutChunk chunk) override { return ++chunks, last_chunk.assign(chunk.bytes.begin(), chunk.bytes.end()), Bytes(); }
  void stored_chunk(Ticket, const ChunkId&, uint32_t) override { FAIL("nothing is recognised here"); }
  void entry(ReadEntry entry) override { entries.push_back(std::move(entry)); }
  void problem(SourceProblem problem) override { problems.push_back(std::move(problem)); }
  size_t chunks = 0;
  std::string last_chunk;
  std::vector<ReadEntry> entries;
  std::vector<SourceProblem> problems;
};

struct World {
  World() : table(VaultKeys::make(VaultId(), random).splitter_key()), reader(table, {}, nullptr, sink), merge(reader) {}

  FileEntry file(const std::string& name, size_t size) {
    std::ofstream(folder / name, std::ios::binary) << std::string(size, 'x');
    return stat((folder / name).string());
  }
  FileEntry stat(const std::string& path) {           // as the walk sees it
    struct Sink : WalkSink {
      bool take_over(const FileEntry&) override { return false; }
      void entry(FileEntry entry, Descriptor) override { found = std::move(entry); }
      void problem(SourceProblem) override {}
      FileEntry found;
    } found;
    walk({path}, {}, names, found).value();
    return found.found;
  }
  // The snapshot before held this file, all of it in chunk 0, and was begun at that time.
  void merge_with(const FileEntry& file, Time began, bool chunk_is_there = true) {
    std::vector<ManifestChunk> chunks;
    ManifestWriter writer([&](ManifestChunk chunk) { chunks.push_back(std::move(chunk)); });
    writer.put({file, {}, {{0, 0, static_cast<uint32_t>(file.size)}}});
    writer.finish();
    merge.merge_with(ManifestReader({chunks.at(0).first_path}, [chunk = chunks.at(0).plain](size_t) { return chunk; }), began, {chunk_is_there});
  }
  // As the walk does.
  void walked(const FileEntry& file) {
    if (!merge.take_over(file)) reader.entry(file, open_for_reading(AT_FDCWD, file.path.c_str()));
  }
  SeededRandom random{1};
  TemporaryFolder folder;
  AccountNames names;
  GearTable table;
  Taken sink;
  SourceReader reader;
  SourceMerge merge;
};

Time after(const FileTime& time, Duration passed) { return Time{time.seconds * 1'000'000'000 + time.nanoseconds} + passed; }

}  // namespace

TEST_CASE("a file that has not changed is taken over, unless it was touched within the minute before the last walk, or after its time") {
  using std::chrono::seconds;
  for (const auto& [passed, taken_over] : {std::pair{seconds(-3600), false}, {seconds(0), false}, {seconds(59), false}, {seconds(61), true}}) {
    World world;
    const FileEntry file = world.file("a", 1000);
    world.merge_with(file, after(file.ctime, passed));
    world.walked(file);
    CHECK(world.sink.entries.at(0).taken_over == taken_over);
  }
}

TEST_CASE("what was read again for its stamp alone is taken over the next time") {
  World first;
  const FileEntry file = first.file("a", 1000);
  const Time walk = after(file.ctime, std::chrono::seconds(1));
  first.merge_with(file, walk);
  first.walked(file);
  CHECK_FALSE(first.sink.entries.at(0).taken_over);
  World second;
  second.merge_with(first.sink.entries[0].entry.file, walk + std::chrono::seconds(60));
  second.walked(second.stat(file.path));
  CHECK(second.sink.entries.at(0).taken_over);
}

// The first store moves the stamps, the next ones do not until the page was written back.
TEST_CASE("a store through a shared mapping after the last walk is seen, though no stamp says so") {
  World world;
  const FileEntry file = world.file("a", 4096);
  const Descriptor opened(::open(file.path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(opened);
  char* mapped = static_cast<char*>(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, opened.get(), 0));
  REQUIRE(mapped != MAP_FAILED);
  mapped[0] = 'y';
  const FileEntry walked = world.stat(file.path);                // the last walk: what it read has the first store alone
  world.merge_with(walked, system_clock().now());
  mapped[1] = 'z';
  world.walked(world.stat(file.path));
  ::munmap(mapped, 4096);
  world.reader.finish();
  CHECK_FALSE(world.sink.entries.at(0).taken_over);
  CHECK(world.sink.last_chunk.substr(0, 3) == "yzx");
}

TEST_CASE("a modification time counts like a change time: where the file system keeps none, or in the future") {
  using std::chrono::hours;
  for (const auto& [mtime, taken_over] : {std::pair{hours(-2), true}, {hours(0), false}, {hours(24 * 365 * 300), false}}) {
    World world;
    FileEntry file = world.file("a", 1000);
    const Time began = after(file.ctime, std::chrono::seconds(30));
    const int64_t seconds = file.mtime.seconds + std::chrono::duration_cast<std::chrono::seconds>(mtime).count();
    const timespec times[2]{{0, UTIME_OMIT}, {seconds, 7}};
    REQUIRE(::utimensat(AT_FDCWD, file.path.c_str(), times, 0) == 0);
    file = world.stat(file.path);
    file.ctime = {};                                              // as FUSE has it where nobody fills it in
    world.merge_with(file, began);
    world.walked(file);
    CHECK(world.sink.entries.at(0).taken_over == taken_over);
  }
}

TEST_CASE("a file whose content changed under a time that was set back is read, where the file system keeps change times") {
  World world;
  const FileEntry file = world.file("a", 1000);
  world.merge_with(file, after(file.ctime, std::chrono::hours(1)));
  system_clock().sleep(std::chrono::milliseconds(20));              // no tick of a clock is longer here
  world.file("a", 1000);
  const timespec times[2]{{0, UTIME_OMIT}, {file.mtime.seconds, file.mtime.nanoseconds}};
  REQUIRE(::utimensat(AT_FDCWD, file.path.c_str(), times, 0) == 0);
  const FileEntry now = world.stat(file.path);
  REQUIRE((now.mtime == file.mtime && now.size == file.size && now.inode == file.inode));
  world.walked(now);
  CHECK_FALSE(world.sink.entries.at(0).taken_over);
}

TEST_CASE("what is taken over is what the last snapshot has, under today's names of its owners") {
  World world;
  FileEntry file = world.file("a", 1000);
  file.attributes["user.a"] = Bytes(3), file.user = "then";
  world.merge_with(file, after(file.ctime, std::chrono::hours(1)));
  FileEntry facts = file;
  facts.attributes.clear(), facts.user = "now";
  world.walked(facts);
  REQUIRE(world.sink.entries.at(0).taken_over);
  CHECK(world.sink.entries[0].entry.file.attributes.contains("user.a"));
  CHECK(world.sink.entries[0].entry.file.user == "now");
}

TEST_CASE("a file is read again when its mode is another, its first name, or its chunk has gone") {
  for (const int change : {0, 1, 2}) {
    World world;
    FileEntry file = world.file("a", 1000);
    world.merge_with(file, after(file.ctime, std::chrono::hours(1)), change != 2);
    if (change == 0) file.mode ^= 0100;
    if (change == 1) file.hard_link = "/first";
    CHECK_FALSE(world.merge.take_over(file));
  }
}

TEST_CASE("what could not be read whole is not known to the next backup") {
  World world;
  const FileEntry file = world.file("a", 10), other = world.file("b", 10);
  world.reader.problem({file.path, "its attributes could not be read"});
  world.walked(file), world.walked(other);
  CHECK(world.sink.entries.at(0).entry.file.inode == 0);
  CHECK(world.sink.entries.at(0).entry.file.ctime == FileTime());
  CHECK(world.sink.entries.at(1).entry.file.inode == other.inode);
}

TEST_CASE("what no manifest takes is left out by name, with its other names, and the rest goes on") {
  World world;
  FileEntry folder{.kind = FileKind::directory, .path = "/" + std::string(kPathBytesMax, 'p')};
  FileEntry many = world.file("many", 10), large = world.file("large", 10);
  many.links = 2;
  for (size_t i = 0; i <= kAttributesMax; ++i) many.attributes["user." + std::to_string(i)] = Bytes(1);
  for (size_t i = 0; i < 300; ++i) large.attributes["user." + std::to_string(i)] = Bytes(kAttributeBytesMax);
  FileEntry second = many;
  second.path += ".again", second.hard_link = many.path, second.attributes.clear();
  for (const FileEntry& entry : {folder, large, many, second}) world.walked(entry);
  world.walked(world.file("good", 10));
  world.reader.finish();
  REQUIRE(world.sink.problems.size() == 4);
  CHECK(world.sink.problems[0].text == "not backed up: its path is too long");
  CHECK(world.sink.problems[1].text == "not backed up: its attributes and extents are too large together");
  CHECK(world.sink.problems[2].text == "not backed up: it has too many extended attributes");
  CHECK(world.sink.problems[3].text == "not backed up: its content is that of '" + many.path + "', which could not be read");
  REQUIRE(world.sink.entries.size() == 1);
}

TEST_CASE("a file with too many extents is stored with fewer holes, or named when they are long") {
  World world;
  FileEntry file = world.file("sparse", 10);
  const auto spread = [&](uint64_t hole) {
    file.data_extents.clear();
    for (uint64_t i = 0; i <= kDataExtentsMax; ++i) file.data_extents.push_back({i * (hole + 1), 1});
    file.size = (kDataExtentsMax + 1) * (hole + 1);
    return file;
  };
  world.walked(spread(5ull << 30));
  REQUIRE(world.sink.problems.size() == 1);
  CHECK(world.sink.problems[0].text == "not backed up: it has too many extents");
  world.walked(spread(1));                       // it is shorter than that on disk: reading says so, no limit does
  REQUIRE(world.sink.problems.size() == 2);
  CHECK(world.sink.problems[1].text.find("shorter") != std::string::npos);
}

namespace {

// What a command says, in pieces, and then how it ended.
struct Said final : CommandOutput {
  std::vector<std::string> pieces;
  Result<void> outcome;
  size_t at = 0;
  Said(std::vector<std::string> said, Result<void> ended) : pieces(std::move(said)), outcome(std::move(ended)) {}
  Result<size_t> read(MutableSpan to) override {
    if (at == pieces.size()) return outcome ? Result<size_t>(0) : outcome.error();
    std::copy(pieces[at].begin(), pieces[at].end(), to.begin());
    return pieces[at++].size();
  }
};

}  // namespace

TEST_CASE("the output of a command is read first, and its entry has its place in the order of paths") {
  World world;
  const auto held = [&](const std::string& path, std::vector<std::string> pieces) {
    Said said(std::move(pieces), {});
    FileEntry file{.kind = FileKind::regular, .path = path};
    REQUIRE(world.reader.hold(file, said, system_clock()));
  };
  held("/m/b", {"one", std::string(100'000, 'x'), "end"}), held("/m/a", {}), held("/z", {"z"});
  CHECK(world.sink.entries.empty());
  CHECK(world.sink.last_chunk == "z");
  const auto folder = [&](const std::string& path) { world.reader.entry({.kind = FileKind::directory, .path = path}, Descriptor()); };
  folder("/a"), folder("/m"), folder("/m/aa");
  world.reader.known({{.kind = FileKind::directory, .path = "/n"}, {}, {}});
  world.reader.finish();
  std::vector<std::string> paths;
  for (const ReadEntry& entry : world.sink.entries) paths.push_back(entry.entry.file.path);
  CHECK(paths == std::vector<std::string>{"/a", "/m", "/m/a", "/m/aa", "/m/b", "/n", "/z"});
  const ManifestEntry &empty = world.sink.entries[2].entry, &whole = world.sink.entries[4].entry;
  CHECK(empty.file.size == 0);
  CHECK((empty.content.empty() && empty.hash == ContentHash()));
  CHECK(whole.file.size == 100'006);
  CHECK(whole.file.mtime.seconds > 0);
  CHECK(fault_of(whole).empty());
}

TEST_CASE("a command that fails leaves no entry, whatever it had written") {
  World world;
  Said said({"half"}, Error(ErrorKind::failed, "command 'x' exited with 1"));
  CHECK(world.reader.hold({.kind = FileKind::regular, .path = "/m"}, said, system_clock()).error().text() == "command 'x' exited with 1");
  world.reader.finish();
  CHECK(world.sink.entries.empty());
}
