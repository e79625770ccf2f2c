// The reading side of a backup: what is taken over unread, what is read again, and what is left out by name.
#include "agent/backup/source_reader.h"

#include <fcntl.h>

#include <fstream>

#include "agent/source/open_at.h"
#include "lib/vault/manifest_writer.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

struct Taken final : SourceSink {
  void chunk(Ticket, Bytes) override { ++chunks; }
  void entry(ReadEntry entry) override { entries.push_back(std::move(entry)); }
  void problem(SourceProblem problem) override { problems.push_back(std::move(problem)); }
  size_t chunks = 0;
  std::vector<ReadEntry> entries;
  std::vector<SourceProblem> problems;
};

struct World {
  World() : reader(GearTable(VaultKeys::make(VaultId(), random).splitter_key()), {}, sink) {}

  FileEntry file(const std::string& name, size_t size) {
    std::ofstream(folder / name, std::ios::binary) << std::string(size, 'x');
    struct Sink : WalkSink {
      bool take_over(const FileEntry&) override { return false; }
      void entry(FileEntry entry, Descriptor) override { found = std::move(entry); }
      void problem(SourceProblem) override {}
      FileEntry found;
    } found;
    walk({(folder / name).string()}, {}, names, found).value();
    return found.found;
  }
  // The snapshot before held this file, all of it in chunk 0, and was begun at that time.
  void merge_with(const FileEntry& file, Time began, bool chunk_is_there = true) {
    std::vector<ManifestChunk> chunks;
    ManifestWriter writer([&](ManifestChunk chunk) { chunks.push_back(std::move(chunk)); });
    writer.put({file, {}, {{0, 0, static_cast<uint32_t>(file.size)}}});
    writer.finish();
    reader.merge_with(ManifestReader({chunks.at(0).first_path}, [chunk = chunks.at(0).plain](size_t) { return chunk; }), began, {chunk_is_there});
  }
  // As the walk does.
  void walked(const FileEntry& file) {
    if (!reader.take_over(file)) reader.entry(file, open_for_reading(AT_FDCWD, file.path.c_str()));
  }
  SeededRandom random{1};
  TemporaryFolder folder;
  AccountNames names;
  Taken sink;
  SourceReader reader;
};

Time after(const FileTime& time, Duration passed) { return Time{time.seconds * 1'000'000'000 + time.nanoseconds} + passed; }

}  // namespace

TEST_CASE("a file that has not changed is taken over, unless it was touched in the tick before the last walk") {
  using std::chrono::milliseconds;
  for (const auto& [passed, taken_over] : {std::pair{milliseconds(15), false}, {milliseconds(50), true}}) {
    World world;
    FileEntry file = world.file("a", 1000);
    file.ctime.nanoseconds = file.mtime.nanoseconds = 7;
    world.merge_with(file, after(file.ctime, passed));
    world.walked(file);
    CHECK(world.sink.entries.at(0).taken_over == taken_over);
  }
}

TEST_CASE("where times are whole seconds the tick is two of them") {
  using std::chrono::milliseconds;
  for (const auto& [passed, taken_over] : {std::pair{milliseconds(500), false}, {milliseconds(1900), false}, {milliseconds(2100), true}}) {
    World world;
    FileEntry file = world.file("a", 1000);
    file.ctime.nanoseconds = file.mtime.nanoseconds = 0;
    world.merge_with(file, after(file.ctime, passed));
    world.walked(file);
    CHECK(world.sink.entries.at(0).taken_over == taken_over);
  }
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
  CHECK(world.reader.unchanged_files() == 1);
}

TEST_CASE("a file is read again when its mode is another, its first name, or its chunk has gone") {
  for (const int change : {0, 1, 2}) {
    World world;
    FileEntry file = world.file("a", 1000);
    world.merge_with(file, after(file.ctime, std::chrono::hours(1)), change != 2);
    if (change == 0) file.mode ^= 0100;
    if (change == 1) file.hard_link = "/first";
    CHECK_FALSE(world.reader.take_over(file));
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
