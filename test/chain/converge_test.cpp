// A restore over what stands already: right files stay, wrong ones are made right, and nothing wrong is left under a right name unsaid.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "test/chain/chain_world.h"
#include "test/support/catch.h"
#include "test/support/tree_compare.h"

using namespace sparekeep;

namespace {

using Texts = std::vector<std::string>;

std::string read(const Path& file) { return read_text(file, 1 << 20).value(); }

ino_t inode_of(const Path& file) {
  struct stat facts {};
  return ::lstat(file.c_str(), &facts) == 0 ? facts.st_ino : 0;
}

// A source that is backed up once, and a target that it is restored to.
struct Fixture {
  TemporaryFolder source, target;
  ChainWorld world{4};
  RestoreOrder wanted;

  void write(const std::string& name, const std::string& text) const { std::ofstream(source / name, std::ios::binary) << text; }
  void stand(const std::string& name, const std::string& text) const { std::ofstream(target / name, std::ios::binary) << text; }
  void back_up() {
    wanted.snapshot = SnapshotId::parse(world.back_up(source.path(), {2, 2}).snapshot).value();
    wanted.path = source.path().string(), wanted.target = target.path().string();
  }
  RunResult restore() { return world.restore(wanted); }
  Texts differences() const { return compare_trees(source.path(), target.path()); }
};

// Bytes at one place of a file, with its mtime left as it was.
void write_unseen(const Path& file, off_t offset, std::string_view text) {
  struct stat facts {};
  const Descriptor fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::fstat(fd.get(), &facts) == 0);
  REQUIRE(::pwrite(fd.get(), text.data(), text.size(), offset) == static_cast<ssize_t>(text.size()));
  const timespec times[2] = {facts.st_atim, facts.st_mtim};
  REQUIRE(::futimens(fd.get(), times) == 0);
}

}  // namespace

TEST_CASE("what stands and is not overwritten lends no name to the content of the snapshot") {
  Fixture fixture;
  for (const char* first : {"a", "k"}) {
    fixture.write(first, std::string("content of ") + first);
    for (const char* other : {"1", "2", "3"}) std::filesystem::create_hard_link(fixture.source / first, fixture.source / (std::string(first) + other));
  }
  fixture.back_up();
  fixture.wanted.overwrite = "never";
  fixture.stand("a", "of the user's"), fixture.stand("a2", "of the user's, too");
  fixture.stand("k", "content of k");
  const ino_t standing = inode_of(fixture.target / "k");
  CHECK(fixture.restore().state == "complete");
  CHECK(read(fixture.target / "a") == "of the user's");
  CHECK(read(fixture.target / "a2") == "of the user's, too");
  for (const char* name : {"a1", "a3"}) CHECK(read(fixture.target / name) == "content of a");
  CHECK(inode_of(fixture.target / "a1") == inode_of(fixture.target / "a3"));
  for (const char* name : {"k1", "k2", "k3"}) CHECK(inode_of(fixture.target / name) == standing);
  CHECK(fixture.restore().changed == 0);
}

TEST_CASE("of a file that is lost every name is told, and none is linked to what stood there before") {
  Fixture fixture;
  fixture.write("a", "content");
  for (const char* other : {"b", "c"}) std::filesystem::create_hard_link(fixture.source / "a", fixture.source / other);
  fixture.back_up();
  fixture.stand("a", "an old version");
  fixture.stand("b", "another one");
  size_t removed = 0;
  for (size_t i = 0; i < fixture.world.size(); ++i)
    for (const Path& file : shard_files(fixture.world.daemon(i).storage()))      // a small pack: three copies of data, four of metadata
      if (file.string().find(".1.2.") != std::string::npos) removed += std::filesystem::remove(file);
  REQUIRE(removed == 3);
  const RunResult lost = fixture.restore();
  CHECK(lost.state == "failed");
  REQUIRE(lost.errors.size() == 3);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(lost.errors[i].kind == "lost");
    CHECK(lost.errors[i].path == (fixture.source / std::string(1, static_cast<char>('a' + i))).string());
  }
  CHECK(read(fixture.target / "a") == "an old version");
  CHECK(read(fixture.target / "b") == "another one");
  CHECK_FALSE(std::filesystem::exists(fixture.target / "c"));
}

TEST_CASE("a path that is no folder goes into the target under its last name, beside what stands there") {
  Fixture fixture;
  fixture.write("file", "content");
  fixture.write("other", "x");
  std::filesystem::create_symlink("file", fixture.source / "link");
  std::filesystem::create_hard_link(fixture.source / "file", fixture.source / "second");
  fixture.back_up();
  fixture.stand("beside", "kept");
  fixture.wanted.delete_extra = true;
  for (const char* name : {"file", "link", "second"}) {
    fixture.wanted.path = (fixture.source / name).string();
    CHECK(fixture.restore().state == "complete");
    CHECK(fixture.restore().changed == 0);
  }
  CHECK(list_folder(fixture.target.path()).value() == Texts{"beside", "file", "link", "second"});
  CHECK(read(fixture.target / "second") == "content");
  CHECK(std::filesystem::read_symlink(fixture.target / "link") == "file");
}

TEST_CASE("what is excluded is not deleted either, nor the folder that it lies in") {
  Fixture fixture;
  fixture.write("file", "x");
  fixture.back_up();
  std::filesystem::create_directories(fixture.target / "keep");
  for (const char* name : {"mine", "keep/own", "keep/other", "gone"}) fixture.stand(name, "of the user's");
  fixture.wanted.delete_extra = true;
  fixture.wanted.exclude = {(fixture.source / "mine").string(), (fixture.source / "keep/own").string()};
  CHECK(fixture.restore().state == "complete");
  CHECK(list_folder(fixture.target.path()).value() == Texts{"file", "keep", "mine"});
  CHECK(list_folder(fixture.target / "keep").value() == Texts{"other", "own"});
}

TEST_CASE("what an interrupted restore left goes with the next one, but not what the snapshot holds or another one is at") {
  Fixture fixture;
  std::filesystem::create_directories(fixture.source / "folder");
  fixture.write("file", "x");
  fixture.write("folder/file", "y");
  fixture.write(".sk-restore-1-7", "of the source");
  fixture.back_up();
  CHECK(fixture.restore().state == "complete");
  for (const char* name : {".sk-restore-1-8", "folder/.sk-restore-1-9", ".sk-restore-1-10", ".sk-restore-mine"}) fixture.stand(name, "left");
  const Descriptor at_work(::open((fixture.target / ".sk-restore-1-10").c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(at_work.get(), LOCK_EX) == 0);
  CHECK(fixture.restore().state == "complete");
  CHECK(list_folder(fixture.target.path()).value() == Texts{".sk-restore-1-10", ".sk-restore-1-7", ".sk-restore-mine", "file", "folder"});
  CHECK(list_folder(fixture.target / "folder").value() == Texts{"file"});
  CHECK(fixture.restore().changed == 0);
}

TEST_CASE("bytes in what should be a hole are found, with data beside them and in a file that is all hole") {
  Fixture fixture;
  for (const char* name : {"image", "void"}) {
    fixture.write(name, std::string(name) == "image" ? "head" : "");
    REQUIRE(::truncate((fixture.source / name).c_str(), 8 << 20) == 0);
  }
  fixture.write("empty", "");
  fixture.back_up();
  CHECK(fixture.restore().state == "complete");
  CHECK(fixture.restore().changed == 0);
  for (const char* name : {"image", "void"}) write_unseen(fixture.target / name, 5 << 20, "left by a guest");
  CHECK(fixture.restore().changes == Texts{(fixture.target / "image").string() + " (content)", (fixture.target / "void").string() + " (content)"});
  CHECK(fixture.differences() == Texts{});
  CHECK(fixture.restore().changed == 0);
}
