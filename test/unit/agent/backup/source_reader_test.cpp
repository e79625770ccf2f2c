// The reading side of a backup: what is taken over unread, what is read again, and what is left out by name.
#include "agent/backup/source_reader.h"

#include <fstream>

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
      void entry(FileEntry entry) override { found = std::move(entry); }
      void problem(SourceProblem) override {}
      FileEntry found;
    } found;
    walk({(folder / name).string()}, {}, names, found).value();
    return found.found;
  }
  // The snapshot before held this file, all of it in chunk 0, and was begun at that time.
  void merge_with(const FileEntry& file, Time began) {
    std::vector<ManifestChunk> chunks;
    ManifestWriter writer([&](ManifestChunk chunk) { chunks.push_back(std::move(chunk)); });
    writer.put({file, {}, {{0, 0, static_cast<uint32_t>(file.size)}}});
    writer.finish();
    reader.merge_with(ManifestReader({chunks.at(0).first_path}, [chunk = chunks.at(0).plain](size_t) { return chunk; }), began, {true});
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
    world.reader.entry(file);
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
    world.reader.entry(file);
    CHECK(world.sink.entries.at(0).taken_over == taken_over);
  }
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
  for (const FileEntry& entry : {folder, large, many, second}) world.reader.entry(entry);
  world.reader.entry(world.file("good", 10));
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
  world.reader.entry(spread(5ull << 30));
  REQUIRE(world.sink.problems.size() == 1);
  CHECK(world.sink.problems[0].text == "not backed up: it has too many extents");
  world.reader.entry(spread(1));                       // it is shorter than that on disk: reading says so, no limit does
  REQUIRE(world.sink.problems.size() == 2);
  CHECK(world.sink.problems[1].text.find("shorter") != std::string::npos);
}
