// Files that stand in a target under several names where the snapshot gives them others: nothing but what the snapshot names is changed, another restore
// finds nothing to do, and one that is only to tell tells the same.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "agent/privileged/target_messages.h"
#include "test/support/catch.h"
#include "test/unit/agent/restore/restore_fixture.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

using Texts = std::vector<std::string>;

TestFile file(const std::string& name, std::string_view content, uint32_t mode, const std::string& first = "") {
  FileEntry entry;
  entry.path = "/dir/" + name, entry.mode = mode, entry.size = content.size(), entry.mtime = {1000, 5};
  entry.uid = ::geteuid(), entry.gid = ::getegid();
  if (!first.empty()) entry.hard_link = "/dir/" + first;
  const ByteSpan bytes = as_bytes(content);
  return {{.file = entry, .hash = {}, .content = {}}, first.empty() ? Bytes(bytes.begin(), bytes.end()) : Bytes()};
}

struct Fixture : RestoreFixture {
  explicit Fixture(const std::vector<TestFile>& files) {
    take(files);
    restore();
  }
  void take(std::vector<TestFile> files) {
    FileEntry above;
    above.kind = FileKind::directory, above.path = "/dir", above.mode = 0755, above.uid = ::geteuid(), above.gid = ::getegid(), above.mtime = {1000, 5};
    files.insert(files.begin(), {{.file = above, .hash = {}, .content = {}}, {}});
    hold(std::move(files));
  }

  Path at(const std::string& name) const { return folder / ("target/dir/" + name); }
  void link(const std::string& from, const std::string& to) const {
    std::filesystem::remove(at(to));
    std::filesystem::create_hard_link(at(from), at(to));
  }
  struct stat facts(const std::string& name) const {
    struct stat facts {};
    REQUIRE(::lstat(at(name).c_str(), &facts) == 0);
    return facts;
  }
  uint32_t mode(const std::string& name) const { return facts(name).st_mode & 07777; }
  bool same(const std::string& one, const std::string& other) const { return std::filesystem::equivalent(at(one), at(other)); }

  RunResult run(bool check_only) {
    order.restore.check_only = check_only;
    return run_order();
  }
  static Texts texts(const RunResult& result) {
    CHECK(result.errors.empty());
    CHECK(result.warnings.empty());
    Texts texts;
    for (const std::string& change : result.changes)
      if (const std::string text = change.substr(change.rfind('/') + 1); !text.starts_with("dir (")) texts.push_back(text);
    std::sort(texts.begin(), texts.end());             // names more of a file come when its content stands
    return texts;
  }
  // What was told, then done, and that nothing is left.
  Texts restore() {
    const Texts told = texts(run(true)), done = texts(run(false));
    CHECK(told == done);
    CHECK(texts(run(true)) == Texts{});
    CHECK(texts(run(false)) == Texts{});
    return done;
  }
};

}  // namespace

TEST_CASE("files of one content that stand as one, with the metadata of either or of none") {
  for (const uint32_t mode : {0600U, 0755U, 0640U}) {
    Fixture fixture({file("a", "same", 0600), file("b", "same", 0755), file("c", "same", 0755)});
    fixture.link("a", "b");
    fixture.link("a", "c");
    ::chmod(fixture.at("a").c_str(), mode);
    fixture.restore();
    CHECK(fixture.mode("a") == 0600);
    CHECK(fixture.mode("b") == 0755);
    CHECK(fixture.mode("c") == 0755);
    for (const char* name : {"a", "b", "c"}) CHECK(fixture.facts(name).st_nlink == 1);
  }
}

TEST_CASE("files of one content and the same metadata that stand as one become two") {
  Fixture fixture({file("a", "same", 0600), file("b", "same", 0600)});
  fixture.link("a", "b");
  CHECK(fixture.restore() == Texts{"b (a file of its own)"});
  CHECK_FALSE(fixture.same("a", "b"));
}

TEST_CASE("a name that the snapshot does not know keeps what it has") {
  Fixture fixture({file("c", "content", 0644)});
  const Path elsewhere = fixture.folder / "elsewhere";
  std::filesystem::create_hard_link(fixture.at("c"), elsewhere);
  CHECK(fixture.restore() == Texts{});                 // what is right is not touched
  CHECK(fixture.facts("c").st_nlink == 2);
  ::chmod(elsewhere.c_str(), 0640);
  CHECK(fixture.restore() == Texts{"c (mode)"});
  CHECK(fixture.mode("c") == 0644);
  CHECK(fixture.facts("c").st_nlink == 1);
  struct stat facts {};
  REQUIRE(::stat(elsewhere.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0640);
  CHECK(facts.st_mtim.tv_sec == 1000);
  CHECK(read_text(elsewhere, 100).value() == "content");
}

TEST_CASE("a file that stands under the snapshot's names alone gets its metadata in place") {
  Fixture fixture({file("a", "same", 0600), file("b", "same", 0600, "a"), file("c", "same", 0600, "a")});
  const ino_t before = fixture.facts("a").st_ino;
  ::chmod(fixture.at("a").c_str(), 0640);
  CHECK(fixture.restore() == Texts{"a (mode)"});
  CHECK(fixture.facts("a").st_ino == before);
  CHECK(fixture.facts("c").st_ino == before);
  std::filesystem::remove(fixture.at("b"));            // and where one of them is missing
  ::chmod(fixture.at("a").c_str(), 0640);
  CHECK(fixture.restore() == Texts{"a (mode)", "b (hard link)"});
  CHECK(fixture.facts("b").st_ino == before);
}

TEST_CASE("further names follow a file that is written anew") {
  for (const uint32_t mode : {0600U, 0755U, 0640U}) {
    Fixture fixture({file("a", "same", 0600), file("a2", "same", 0600, "a"), file("b", "same", 0755), file("b2", "same", 0755, "b")});
    for (const char* name : {"a2", "b", "b2"}) fixture.link("a", name);
    ::chmod(fixture.at("a").c_str(), mode);
    fixture.restore();
    CHECK(fixture.mode("a2") == 0600);
    CHECK(fixture.mode("b2") == 0755);
    CHECK(fixture.same("a", "a2"));
    CHECK(fixture.same("b", "b2"));
    CHECK_FALSE(fixture.same("a", "b"));
  }
}

TEST_CASE("names that changed their file go to the one that the snapshot gives them") {
  Fixture fixture({file("a", "same", 0600), file("b", "same", 0755), file("c", "same", 0600, "a"), file("d", "same", 0755, "b")});
  fixture.link("b", "c");
  fixture.link("a", "d");
  ::chmod(fixture.at("b").c_str(), 0700);
  fixture.restore();
  CHECK(fixture.same("a", "c"));
  CHECK(fixture.same("b", "d"));
  CHECK(fixture.mode("a") == 0600);
  CHECK(fixture.mode("b") == 0755);
}

TEST_CASE("the process that may write tells the one that compares which file stands, and its names") {
  TargetAnswer answer;
  answer.entry.device = 7, answer.entry.inode = 8, answer.entry.links = 9;
  const FileEntry told = read_answer(write_answer(answer)).value().entry;
  CHECK(told.device == 7);
  CHECK(told.inode == 8);
  CHECK(told.links == 9);
}
