// What a restore that only looks says of one that writes: as many changes, at the same places, each entry once.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "test/chain/chain_world.h"
#include "test/support/catch.h"
#include "test/support/tree_compare.h"

using namespace sparekeep;

namespace {

using Texts = std::vector<std::string>;

void write(const Path& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }

// The places alone: what is wrong with an entry may read otherwise once its folder stands.
Texts places(const RunResult& run) {
  Texts out;
  for (const std::string& change : run.changes) out.push_back(change.substr(0, change.rfind(" (")));
  std::sort(out.begin(), out.end());
  return out;
}

mode_t mode_of(const Path& file) {
  struct stat facts {};
  REQUIRE(::lstat(file.c_str(), &facts) == 0);
  return facts.st_mode & 07777;
}

struct Fixture {
  TemporaryFolder source, around;
  Path target = around / "target";
  ChainWorld world{4};
  RestoreOrder wanted;

  Fixture() {
    for (int i = 0; i < 40; ++i) {
      const Path folder = source / ("folder" + std::to_string(i % 9)) / "inner";
      std::filesystem::create_directories(folder);
      write(folder / ("file" + std::to_string(i)), "content of file " + std::to_string(i));
    }
    std::filesystem::create_directory(source / "empty");
    std::filesystem::create_symlink("folder1", source / "link");
    for (const char* name : {"a", "b"}) write(source / name, std::string("content of ") + name);
    for (const char* name : {"a1", "a2"}) std::filesystem::create_hard_link(source / "a", source / name);
    ::chmod((source / "folder2").c_str(), 0711), ::chmod((source / "folder3/inner").c_str(), 0700);
    wanted.snapshot = SnapshotId::parse(world.back_up(source.path(), {2, 2}).snapshot).value();
    wanted.path = source.path().string(), wanted.target = target.string();
  }

  // The prediction, held against the run that follows it; a second one finds nothing to do.
  RunResult restore_as_predicted() {
    wanted.check_only = true;
    const RunResult predicted = world.restore(wanted);
    CHECK(predicted.errors.empty());
    wanted.check_only = false;
    RunResult done = world.restore(wanted);
    CHECK(done.errors.empty());
    CHECK(predicted.changed == done.changed);
    CHECK(places(predicted) == places(done));
    Texts once = places(done);
    once.erase(std::unique(once.begin(), once.end()), once.end());
    CHECK(once.size() == done.changed);
    CHECK(world.restore(wanted).changes == Texts{});
    wanted.check_only = true;
    CHECK(world.restore(wanted).changes == Texts{});
    return done;
  }
};

}  // namespace

TEST_CASE("into an empty place everything is new, once, and named where it will stand") {
  Fixture fixture;
  const RunResult done = fixture.restore_as_predicted();
  CHECK(done.changed == done.files);
  CHECK(places(done).front() == fixture.target.string());
  CHECK(compare_trees(fixture.source.path(), fixture.target) == Texts{});
}

TEST_CASE("below a target each entry has its whole path") {
  Fixture fixture;
  fixture.wanted.path.clear();
  const RunResult done = fixture.restore_as_predicted();
  CHECK(places(done).front() == fixture.target.string() + fixture.source.path().string());
}

TEST_CASE("over what stands only what differs is told, and a folder for its own sake alone") {
  Fixture fixture;
  fixture.restore_as_predicted();
  write(fixture.target / "folder1/inner/file1", "other content");
  std::filesystem::remove(fixture.target / "folder4/inner/file4");
  ::chmod((fixture.target / "folder5").c_str(), 0777);
  std::filesystem::remove_all(fixture.target / "folder6");
  write(fixture.target / "folder6", "a file where a folder belongs");
  write(fixture.target / "a", "wrong in all three");
  std::filesystem::remove_all(fixture.target / "empty");
  std::filesystem::create_symlink("nowhere", fixture.target / "empty");
  std::filesystem::create_directories(fixture.target / "extra/below");
  write(fixture.target / "folder7/extra", "");
  fixture.wanted.delete_extra = true;
  const Texts changed = places(fixture.restore_as_predicted());
  for (const char* name : {"folder1/inner/file1", "folder4/inner/file4", "folder5", "folder6", "folder6/inner", "a", "a1", "a2", "empty", "extra", "folder7/extra"})
    CHECK(std::count(changed.begin(), changed.end(), (fixture.target / name).string()) == 1);
  CHECK(std::count(changed.begin(), changed.end(), (fixture.target / "folder1").string()) == 0);
  CHECK(compare_trees(fixture.source.path(), fixture.target) == Texts{});
}

TEST_CASE("with --overwrite never what stands stays, and new folders are whole") {
  Fixture fixture;
  std::filesystem::create_directories(fixture.target / "folder1");
  write(fixture.target / "b", "of the user's");
  fixture.wanted.overwrite = "never";
  fixture.restore_as_predicted();
  CHECK(read_text(fixture.target / "b", 100).value() == "of the user's");
  CHECK(mode_of(fixture.target / "folder2") == 0711);
  CHECK(mode_of(fixture.target / "folder3/inner") == 0700);
}

TEST_CASE("with --overwrite never nothing is told that is not written: not what would lie in a folder whose place is taken") {
  Fixture fixture;
  std::filesystem::create_directories(fixture.target);
  write(fixture.target / "folder1", "of the user's");
  fixture.wanted.overwrite = "never";
  const std::string taken = (fixture.target / "folder1").string();
  for (const bool check : {true, false}) {
    fixture.wanted.check_only = check;
    const RunResult done = fixture.world.restore(fixture.wanted);
    CHECK(done.state == "failed");
    for (const std::string& change : done.changes) CHECK_FALSE(change.starts_with(taken + "/"));
    CHECK(std::count_if(done.errors.begin(), done.errors.end(), [](const RunError& error) { return error.path.ends_with("/folder1"); }) == 1);
    CHECK(std::count_if(done.errors.begin(), done.errors.end(), [](const RunError& error) { return error.path.ends_with("/folder1/inner/file1"); }) == 1);
  }
  CHECK(read_text(fixture.target / "folder1", 100).value() == "of the user's");
}

TEST_CASE("folders that the filters leave out are made with mode 0755, whatever the umask, and are no change") {
  Fixture fixture;
  fixture.wanted.include = {"**/file3", "**/file12"};
  const mode_t before = ::umask(077);
  const RunResult done = fixture.restore_as_predicted();
  ::umask(before);
  CHECK(places(done) == Texts{(fixture.target / "folder3/inner/file12").string(), (fixture.target / "folder3/inner/file3").string()});
  CHECK(mode_of(fixture.target / "folder3") == 0755);
  CHECK(mode_of(fixture.target / "folder3/inner") == 0755);
}
