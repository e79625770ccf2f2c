// The recipe of a restore over a vault in memory: what ends a run or one file by name, and never the program.
#include <sys/stat.h>
#include <unistd.h>

#include "agent/restore/content_batch.h"
#include "lib/base/text.h"
#include "test/support/catch.h"
#include "test/support/ordinary_user.h"
#include "test/unit/agent/restore/restore_fixture.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

using Texts = std::vector<std::string>;

struct Fixture : RestoreFixture {
  std::function<bool()> stopped;
  PathPredicate included;

  explicit Fixture(std::vector<TestFile> files = {}) {
    if (!files.empty()) hold(std::move(files));
  }
  RunResult run() { return run_order(included, stopped); }
  std::string refusal() try {
    run();
    return "";
  } catch (const Error& error) {
    return error.text();
  }
};

TestFile entry(const std::string& path, FileKind kind, uint32_t mode) {
  FileEntry file;
  file.kind = kind, file.path = path, file.mode = mode, file.uid = ::geteuid(), file.gid = ::getegid(), file.mtime = {1000, 5};
  return {{.file = file, .hash = {}, .content = {}}, {}};
}

// In octal, of each: it is opened again afterwards, so that it can be removed.
std::string modes_of(const std::vector<Path>& folders) {
  std::vector<std::string> texts;
  for (const Path& folder : folders) {
    struct stat facts {};
    char text[8] = "none";
    if (::stat(folder.c_str(), &facts) == 0) std::snprintf(text, sizeof text, "%03o", facts.st_mode & 0777);
    ::chmod(folder.c_str(), 0700);
    texts.push_back(text);
  }
  return joined(texts, " ");
}

}  // namespace

TEST_CASE("only told what would be done, a target that is not there yet is not made, also with --delete") {
  Fixture fixture;
  fixture.order.restore.check_only = fixture.order.restore.delete_extra = true;
  const RunResult told = fixture.run();
  CHECK(told.state == "complete");
  CHECK(told.changed == fixture.vault.files.size());
  CHECK(list_folder(fixture.folder.path()).value() == Texts{});
}

TEST_CASE("a target that cannot be examined is refused by name") {
  Fixture fixture;
  fixture.order.restore.check_only = true;
  fixture.order.restore.target = (fixture.folder / std::string(300, 'x')).string();
  CHECK(fixture.refusal() == "the target '" + fixture.order.restore.target + "': examining: file name too long");
  const Path loop = fixture.folder / "loop";
  std::filesystem::create_symlink(loop, loop);
  fixture.order.restore.target = (loop / "below").string();
  CHECK(fixture.refusal() == "the target '" + fixture.order.restore.target + "': examining: too many levels of symbolic links");
}

TEST_CASE("a fault that is no error of ours ends the restore by name") {
  Fixture fixture;
  fixture.stopped = []() -> bool { throw std::bad_alloc(); };
  CHECK(fixture.refusal() == "the restore ended at a fault: std::bad_alloc");
}

TEST_CASE("a file whose chunk is in no table is lost by name, and those beside it come") {
  Fixture fixture;
  FileWriter writer = FileWriter::open(fixture.order.restore.target, {}, fixture.names, [](std::string_view, const std::string&) {}).value();
  RunResult result;
  RestoreReport report(result);
  ContentBatch batch(&writer, *fixture.reading->reader, report);
  Texts good;
  bool torn = false;
  ManifestReader manifest = fixture.reading->reader->manifest();
  while (std::optional<ManifestEntry> entry = manifest.next().value()) {
    if (entry->content.empty()) continue;
    const bool tear = !torn && entry->content.size() > 1;    // its chunks are its own
    const std::string name = tear ? "torn" : std::to_string(good.size());
    if (tear) torn = true, entry->file.path = "/data/torn", entry->content.push_back({4'000'000, 0, 1});
    else good.push_back(name);
    batch.add(name, std::move(*entry));
  }
  REQUIRE(torn);
  batch.run();
  REQUIRE(result.errors.size() == 1);
  CHECK(result.errors[0].path == "/data/torn");
  CHECK(result.errors[0].text == "the chunk table has no chunk 4000000");
  std::sort(good.begin(), good.end());
  CHECK(list_folder(fixture.order.restore.target).value() == good);
}

TEST_CASE("folders are finished along the way, also where nothing else is written") {
  std::vector<TestFile> folders;
  for (int i = 0; i < 5000; ++i) {
    FileEntry folder;
    folder.kind = FileKind::directory, folder.path = i == 0 ? "/many" : "/many/" + std::to_string(10'000 + i);
    folder.mode = 0755, folder.uid = ::geteuid(), folder.gid = ::getegid(), folder.mtime = {1000, 5};
    folders.push_back({{.file = folder, .hash = {}, .content = {}}, {}});
  }
  Fixture fixture(folders);
  CHECK(fixture.run().changed == 5000);
  const Path early = fixture.folder / "target/many/10001";
  std::filesystem::permissions(early, std::filesystem::perms::owner_all);
  bool mended = false;
  fixture.stopped = [&] {
    mended = (std::filesystem::status(early).permissions() & std::filesystem::perms::others_read) != std::filesystem::perms::none;
    return false;
  };
  CHECK(fixture.run().changed == 1);
  CHECK(mended);
}

TEST_CASE("where nothing is taken, what was to choose it is named") {
  Fixture fixture;
  fixture.order.restore.include = {"nomatch*", "none"};
  fixture.included = [](std::string_view) { return false; };
  CHECK(fixture.refusal() == "the snapshot holds nothing at '/' that include 'nomatch*', 'none' fits");
  fixture.order.restore.path = "/none", fixture.order.restore.include = {};
  CHECK(fixture.refusal() == "the snapshot holds nothing at '/none'");
  fixture.order.restore.exclude = {"*"};
  CHECK(fixture.refusal() == "the snapshot holds nothing at '/none' that exclude '*' leaves");
}

TEST_CASE("a file that comes by a later name counts its bytes, and by several of them once") {
  std::vector<TestFile> files;
  for (const char* name : {"/a", "/b", "/c"}) {
    FileEntry file;
    file.path = name, file.mode = 0600, file.uid = ::geteuid(), file.gid = ::getegid(), file.size = 3, file.mtime = {1000, 5};
    if (!files.empty()) file.hard_link = "/a";
    files.push_back({{.file = file, .hash = {}, .content = {}}, files.empty() ? Bytes{1, 2, 3} : Bytes()});
  }
  Fixture fixture(files);
  for (const bool first : {false, true}) {
    fixture.included = [first](std::string_view path) { return first || path != "/a"; };
    const RunResult result = fixture.run();
    CHECK(result.files == (first ? 3 : 2));
    CHECK(result.bytes == 3);
  }
}

TEST_CASE("an ordinary user restores over own folders that nobody may enter, and into those of a snapshot, with --delete, too") {
  const std::string found = as_ordinary_user([] {
    Fixture fixture({entry("/d", FileKind::directory, 0755), entry("/d/sub", FileKind::directory, 0644), entry("/d/sub/deep", FileKind::directory, 0755),
                     entry("/d/sub/z", FileKind::fifo, 0644), entry("/d/x", FileKind::fifo, 0644)});
    fixture.order.restore.delete_extra = true;
    const std::string folder = fixture.folder / "target/d";
    std::vector<std::string> texts;
    const auto run = [&] {
      const RunResult result = fixture.run();
      texts.push_back(result.state + " " + std::to_string(result.changed));
      for (const RunError& error : result.errors) texts.push_back(error.path + ": " + error.text);
    };
    run();
    run();
    if (::chmod(folder.c_str(), 0644) == 0) run();
    if (::chmod(folder.c_str(), 0) == 0) run();
    struct stat facts {};
    if (::stat((folder + "/sub").c_str(), &facts) == 0) texts.push_back(std::to_string(facts.st_mode & 0777));
    ::chmod((folder + "/sub").c_str(), 0700);
    return joined(texts, "|");
  });
  CHECK(found == "complete 5|complete 0|complete 1|complete 1|" + std::to_string(0644));
}

TEST_CASE("an ordinary user's restore gives the folders back their modes that it only goes through, and all of them where it is stopped") {
  const std::string found = as_ordinary_user([] {
    Fixture fixture({entry("/d", FileKind::directory, 0700), entry("/d/in", FileKind::directory, 0755), entry("/d/in/x", FileKind::fifo, 0644),
                     entry("/d/y", FileKind::fifo, 0644)});
    const Path outer = fixture.folder / "target/d", inner = outer / "in";
    std::vector<std::string> texts;
    const auto run = [&](const std::string& taken, int turns) {
      std::filesystem::remove_all(outer);
      std::filesystem::create_directories(inner);
      if (::chmod(inner.c_str(), 0) != 0 || ::chmod(outer.c_str(), 0500) != 0) texts.push_back("no modes");
      fixture.included = [taken](std::string_view path) { return taken.empty() || path == taken; };
      fixture.stopped = [turns]() mutable { return turns-- == 0; };
      const std::string refusal = fixture.refusal();
      texts.push_back(modes_of({outer, inner}) + (refusal.empty() ? "" : ": " + refusal.substr(0, refusal.find(';'))));
      texts.push_back(std::filesystem::exists(inner / "x") ? "x" : "no x");
    };
    run("/d/in/x", -1);
    run("/d/in", -1);
    run("", 1);
    run("", 2);
    run("", -1);
    if (::chmod(outer.c_str(), 0500) == 0 && fixture.refusal().empty()) texts.push_back(modes_of({outer}));   // all else of it is right
    return joined(texts, "|");
  });
  CHECK(found == "500 000|x|500 755|no x|500 000: the restore was stopped|no x|500 000: the restore was stopped|x|700 755|x|700");
}
