// What stands in the way of some entries of a snapshot keeps none of the others, and is named once, with what to do.
#include <unistd.h>

#include "agent/restore/beneath.h"
#include "test/support/catch.h"
#include "test/unit/agent/restore/restore_fixture.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

using Texts = std::vector<std::string>;

TestFile entry(const std::string& path, FileKind kind = FileKind::regular, const std::string& first = "") {
  FileEntry file;
  file.kind = kind, file.path = path, file.mode = kind == FileKind::directory ? 0755 : 0644, file.hard_link = first;
  file.uid = ::geteuid(), file.gid = ::getegid(), file.mtime = {1000, 5}, file.size = kind == FileKind::regular ? 3 : 0;
  return {{.file = file, .hash = {}, .content = {}}, kind == FileKind::regular && first.empty() ? Bytes{'a', 'b', 'c'} : Bytes()};
}

struct Fixture : RestoreFixture {
  const Path target = folder / "target";
  Texts texts;

  RunResult run(const std::string& overwrite = "changed") {
    order.restore.overwrite = overwrite;
    RunResult result = run_order();
    texts.clear();
    for (const RunError& error : result.errors) texts.push_back(error.path + ": " + error.text);
    return result;
  }
  std::string content(const std::string& place) const {
    const Result<Bytes> found = read_file(target / place, 100);
    return found ? std::string(found->begin(), found->end()) : found.error().text();
  }
  bool are_one(const std::string& first, const std::string& second) const { return std::filesystem::equivalent(target / first, target / second); }
  void hold_links() {
    hold({entry("/a", FileKind::directory), entry("/a/1"), entry("/a/2", FileKind::regular, "/a/1"), entry("/b", FileKind::directory),
          entry("/b/3", FileKind::regular, "/a/1")});
  }
};

}  // namespace

TEST_CASE("where a folder stands in the place of a file's first name, its other names are restored and it alone is reported") {
  Fixture fixture;
  fixture.hold_links();
  make_folders(fixture.target / "a/1").value();
  for (int again = 0; again < 2; ++again) {
    const RunResult result = fixture.run();
    CHECK(fixture.texts == Texts{"/a/1: a folder stands in its place; --delete would remove it"});
    CHECK(result.state == "failed");
    CHECK(result.files == 5);
    CHECK(result.bytes == 3);
    CHECK(fixture.content("a/2") == "abc");
    CHECK(fixture.content("b/3") == "abc");
    CHECK(fixture.are_one("a/2", "b/3"));
  }
  fixture.order.restore.check_only = true;
  CHECK(fixture.run().changed == 0);
  CHECK(fixture.texts.size() == 1);
}

TEST_CASE("a second name in the way leaves the third to be restored") {
  Fixture fixture;
  fixture.hold_links();
  for (const char* name : {"a/1", "a/2"}) make_folders(fixture.target / name).value();
  fixture.run();
  CHECK(fixture.texts == Texts{"/a/1: a folder stands in its place; --delete would remove it", "/a/2: a folder stands in its place; --delete would remove it"});
  CHECK(fixture.content("b/3") == "abc");
}

TEST_CASE("where the folder of a file's first name cannot be made, its names elsewhere are restored") {
  Fixture fixture;
  fixture.hold_links();
  make_folders(fixture.target).value();
  write_durably(fixture.target / "a", as_bytes("x")).value();
  fixture.run("never");
  CHECK(fixture.texts == Texts{"/a: something else stands in its place", "/a/1: something else stands in the place of its folder '/a'",
                               "/a/2: something else stands in the place of its folder '/a'"});
  CHECK(fixture.content("b/3") == "abc");
  CHECK(fixture.content("a") == "x");
}

TEST_CASE("what lies below a symlink of the target is reported once an entry, with what to do") {
  Fixture fixture;
  fixture.hold({entry("/lnk/data", FileKind::directory), entry("/lnk/data/file"), entry("/lnk/data/sub", FileKind::directory),
                entry("/lnk/data/sub/pipe", FileKind::fifo)});
  make_folders(fixture.target / "real").value();
  std::filesystem::create_symlink("real", fixture.target / "lnk");
  const std::string why = std::string(": 'lnk'") + kNotThroughIt;
  fixture.run();
  std::sort(fixture.texts.begin(), fixture.texts.end());
  CHECK(fixture.texts == Texts{"/lnk/data/file" + why, "/lnk/data/sub/pipe" + why, "/lnk/data/sub" + why, "/lnk/data" + why});
  CHECK(std::filesystem::is_empty(fixture.target / "real"));
}
