// A writer keeps the folders open that it is at work in: what others do to them meanwhile, and what a new file in one is born with.
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "lib/archive/disk_facts.h"
#include "lib/base/worker_pool.h"
#include "test/support/catch.h"
#include "test/unit/agent/restore/writer_fixture.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

using Texts = std::vector<std::string>;

struct Fixture : WriterFixture {
  FileEntry standing(const std::string& place) { return writer.current(place).value().value(); }
};

void set_default_acl(const Path& folder) {
  constexpr unsigned char kAcl[] = {2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 7, 0, 1, 0, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255,
                                    16, 0, 7, 0, 255, 255, 255, 255, 32, 0, 4, 0, 255, 255, 255, 255};
  if (::setxattr(folder.c_str(), "system.posix_acl_default", kAcl, sizeof kAcl, 0) != 0) throw system_error("setting an ACL", errno);
}

}  // namespace

TEST_CASE("a folder that somebody removed is not written to any more, and one made anew is") {
  Fixture fixture;
  fixture.writer.make_folder("a/b").value();
  fixture.write("a/b/first", "1").value();
  std::filesystem::remove_all(fixture.target / "a/b");
  CHECK(fixture.write("a/b/second", "2").error().kind() == ErrorKind::not_found);
  std::filesystem::remove_all(fixture.target / "a");
  fixture.writer.make_folder("a/b/c").value();
  fixture.write("a/b/c/third", "3").value();
  fixture.write("a/b/fourth", "4").value();
  CHECK(fixture.read("a/b/c/third") == "3");
  CHECK(fixture.read("a/b/fourth") == "4");
}

TEST_CASE("a folder that the writer itself removed is another one afterwards") {
  Fixture fixture;
  fixture.writer.make_folder("a/b").value();
  fixture.write("a/b/file", "old").value();
  fixture.writer.remove("a").value();
  CHECK_FALSE(fixture.writer.current("a/b/file").value().has_value());
  fixture.writer.make_folder("a/b").value();
  fixture.write("a/b/file", "new").value();
  CHECK(fixture.read("a/b/file") == "new");
}

TEST_CASE("a symlink that takes the place of a folder that is at work in is not followed") {
  Fixture fixture;
  const Path outside = fixture.folder / "outside";
  make_folders(outside).value();
  fixture.writer.make_folder("a").value();
  fixture.write("a/first", "1").value();
  std::filesystem::rename(fixture.target / "a", fixture.target / "moved");
  std::filesystem::create_symlink(outside, fixture.target / "a");
  fixture.write("a/second", "2").value();                        // into the folder that it began in
  CHECK(list_folder(outside).value() == Texts{});
  CHECK(fixture.read("moved/second") == "2");
  std::filesystem::remove_all(fixture.target / "moved");
  CHECK(fixture.write("a/third", "3").error().kind() == ErrorKind::denied);
  CHECK(list_folder(outside).value() == Texts{});
}

TEST_CASE("no file keeps what it was born with: a default ACL and flags of its folder") {
  Fixture fixture;
  fixture.writer.make_folder("acl").value();
  fixture.writer.make_folder("flags").value();
  set_default_acl(fixture.target / "acl");
  const Descriptor flagged(::open((fixture.target / "flags").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!set_flags(flagged.get(), "nodump")) WARN("this file system has no flags");
  for (const char* name : {"acl/1", "acl/2", "flags/1", "flags/2"}) {
    fixture.write(name, "x").value();
    const FileEntry standing = fixture.standing(name);
    CHECK(standing.attributes.empty());
    CHECK(standing.flags.empty());
    CHECK(standing.mode == 0640);
  }
}

TEST_CASE("in a folder whose files are born plain each gets what its entry wants, and no other has it") {
  Fixture fixture;
  FileEntry wanted = Fixture::entry(0);
  wanted.attributes["user.note"] = {1, 2};
  fixture.write("1", "x").value();
  fixture.writer.begin_file("2", wanted).value().commit().value();
  fixture.write("3", "x").value();
  CHECK(fixture.standing("1").attributes.empty());
  CHECK(fixture.standing("2").attributes == wanted.attributes);
  CHECK(fixture.standing("3").attributes.empty());
}

TEST_CASE("many threads write with one writer, and what they are at is no leftover") {
  Fixture fixture;
  constexpr size_t kFolders = 24, kFiles = 20;
  parallel_for(kFolders, 4, [&](size_t i) {
    const std::string folder = std::to_string(i % 8);
    fixture.writer.make_folder(folder).value();
    for (size_t file = 0; file < kFiles; ++file) {
      fixture.write(folder + "/" + std::to_string(i) + "-" + std::to_string(file), std::to_string(i * file)).value();
      if (!fixture.writer.leftovers(folder).value().empty()) throw Error(ErrorKind::failed, "a file that is being written was taken for a leftover");
    }
  });
  for (size_t i = 0; i < kFolders; ++i)
    for (size_t file = 0; file < kFiles; ++file)
      REQUIRE(fixture.read((std::to_string(i % 8) + "/" + std::to_string(i) + "-" + std::to_string(file)).c_str()) == std::to_string(i * file));
  for (size_t i = 0; i < 8; ++i) CHECK(fixture.writer.list(std::to_string(i)).value().size() == 3 * kFiles);
}
