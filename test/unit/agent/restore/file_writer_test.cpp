#include "agent/restore/file_writer.h"

#include "test/support/catch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/restore/beneath.h"
#include "agent/restore/entry_difference.h"
#include "lib/archive/disk_facts.h"
#include "test/support/awkward_tree.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

struct Fixture {
  explicit Fixture(WriterOptions how = {}) : options(std::move(how)) {}

  TemporaryFolder folder;
  WriterOptions options;
  AccountNames names;
  std::vector<std::string> warnings;
  Path target = folder / "target";
  FileWriter writer = FileWriter::open(target, options, names, [this](std::string_view place, const std::string& text) {
                        warnings.push_back(std::string(place) + ": " + text);
                      }).value();

  FileEntry regular(uint64_t size) const {
    FileEntry entry;
    entry.mode = 0640, entry.uid = ::geteuid(), entry.gid = ::getegid(), entry.size = size, entry.mtime = {1000, 5};
    return entry;
  }
  Result<void> write(std::string_view place, std::string_view text) {
    Result<PendingFile> file = writer.begin_file(place, regular(text.size()));
    if (!file) return file.error();
    file->write(0, as_bytes(text)).value();
    return file->commit();
  }
  std::string read(const char* place) const { return read_text(target / place, 1000).value(); }
  std::vector<std::string> names_in(const char* place) { return writer.list(place).value(); }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a file stands under its name only when it is complete") {
  Fixture fixture;
  fixture.write("file", "old").value();
  {
    PendingFile file = fixture.writer.begin_file("file", fixture.regular(7)).value();
    file.write(0, as_bytes("new")).value();
    CHECK(fixture.read("file") == "old");
  }
  CHECK(fixture.names_in("") == Texts{"file"});  // and nothing of the one that was given up
  fixture.write("file", "changed").value();
  CHECK(fixture.read("file") == "changed");
  CHECK(fixture.names_in("") == Texts{"file"});
}

TEST_CASE("in a folder that the writer has made what comes whole has its name at once, and nobody else looks there until it is finished") {
  Fixture fixture({.names_at_once = true});
  const auto begun = [&](const char* place, Arrival arrival) { return fixture.writer.begin_file(place, fixture.regular(7), arrival).value(); };
  fixture.writer.make_folder("made").value();
  struct stat facts {};
  REQUIRE(::stat((fixture.target / "made").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0700);
  {
    const PendingFile file = begun("made/file", Arrival::whole);
    CHECK(fixture.names_in("made") == Texts{"file"});
  }
  CHECK(fixture.names_in("made") == Texts{});      // it was given up
  {
    const PendingFile file = begun("made/file", Arrival::in_pieces);
    CHECK(fixture.names_in("made").front().starts_with(kRestoreTemporaryPrefix));
  }
  fixture.write("made/file", "old").value();
  {
    PendingFile file = begun("made/file", Arrival::whole);
    file.write(0, as_bytes("new")).value();
    CHECK(fixture.read("made/file") == "old");     // what stands there stays until the other one is complete
  }
  FileEntry link, folder;
  link.kind = FileKind::symlink, link.link_target = "file", link.uid = ::geteuid(), link.gid = ::getegid();
  fixture.writer.make_special("made/link", link).value();
  fixture.writer.make_hard_link("made/second", "made/file").value();
  CHECK(fixture.names_in("made") == Texts{"file", "link", "second"});
  folder.kind = FileKind::directory, folder.mode = 0755, folder.uid = ::geteuid(), folder.gid = ::getegid();
  fixture.writer.set_metadata("made", folder).value();
  const PendingFile late = begun("made/late", Arrival::whole);
  CHECK(fixture.names_in("made").front().starts_with(kRestoreTemporaryPrefix));
}

TEST_CASE("who passes over what stands has no names at once: what a killed restore left would stay") {
  Fixture fixture;
  fixture.writer.make_folder("made").value();
  const PendingFile file = fixture.writer.begin_file("made/file", fixture.regular(7), Arrival::whole).value();
  CHECK(fixture.names_in("made").front().starts_with(kRestoreTemporaryPrefix));
}

TEST_CASE("nothing is written through a symlink that somebody put in the way") {
  Fixture fixture;
  const Path outside = fixture.folder / "outside";
  make_folders(outside).value();
  fixture.writer.make_folder("a/b").value();
  REQUIRE(::rmdir((fixture.target / "a/b").c_str()) == 0);
  REQUIRE(::symlink(outside.c_str(), (fixture.target / "a/b").c_str()) == 0);
  const std::string refusal = std::string("'a/b'") + kNotThroughIt;
  CHECK(fixture.write("a/b/file", "x").error().text() == refusal);
  CHECK(fixture.write("a/b/file", "x").error().kind() == ErrorKind::denied);
  CHECK(fixture.writer.make_folder("a/b/c").error().text() == refusal);
  CHECK(fixture.writer.remove("a/b/file").error().text() == refusal);
  CHECK(fixture.writer.current("a/b/file").error().text() == refusal);
  CHECK(fixture.writer.make_folder("a/b").error().text() == "something that is no folder stands at 'a/b'");
  REQUIRE(::unlink((fixture.target / "a/b").c_str()) == 0);
  REQUIRE(::symlink("../a", (fixture.target / "a/b").c_str()) == 0);  // one that stays inside is refused, too
  CHECK(fixture.write("a/b/file", "x").error().text() == refusal);
  CHECK(list_folder(outside).value() == Texts{});
}

TEST_CASE("a symlink that takes the place of a folder between two steps gets no metadata meant for the folder") {
  Fixture fixture;
  const Path outside = fixture.folder / "outside";
  make_folders(outside, 0700).value();
  fixture.writer.make_folder("a").value();
  REQUIRE(::rmdir((fixture.target / "a").c_str()) == 0);
  REQUIRE(::symlink(outside.c_str(), (fixture.target / "a").c_str()) == 0);
  FileEntry folder = fixture.regular(0);
  folder.kind = FileKind::directory, folder.mode = 0777;
  CHECK(fixture.writer.set_metadata("a", folder).error().text() == "'a' is a symlink, not a directory");
  struct stat facts {};
  REQUIRE(::stat(outside.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0700);
}

TEST_CASE("hostile places are refused before the kernel is asked") {
  Fixture fixture;
  for (const char* place : {"..", "../x", "a/../../x", "/etc/x", "a//b", ".", "a/."})
    CHECK(fixture.write(place, "x").error().text() == "'" + std::string(place) + "' is not a path below the target");
  CHECK(fixture.write("", "x").error().text() == "'' is not a path below the target");
  FileEntry link = fixture.regular(0);
  link.kind = FileKind::symlink, link.link_target = "/etc";
  fixture.writer.make_special("link", link).value();
  CHECK(fixture.write("link/x", "x").error().text() == std::string("'link'") + kNotThroughIt);
}

TEST_CASE("what stands is replaced, but a folder only after it was removed") {
  Fixture fixture;
  fixture.writer.make_folder("place/below").value();
  CHECK(fixture.write("place", "x").error().text() == "a folder stands at 'place'");
  CHECK(fixture.write("place", "x").error().kind() == ErrorKind::exists);
  fixture.writer.remove("place").value();
  fixture.write("place", "x").value();
  fixture.writer.remove("never/was").value();
  FileEntry link = fixture.regular(0);
  link.kind = FileKind::symlink, link.link_target = "nowhere";
  fixture.writer.make_special("place", link).value();
  CHECK(fixture.writer.current("place").value()->link_target == "nowhere");
  fixture.write("place", "again").value();
  CHECK(fixture.read("place") == "again");
  CHECK(fixture.names_in("") == Texts{"place"});
}

TEST_CASE("a tree deeper than a path can be is removed; a symlink in it is not followed") {
  Fixture fixture;
  fixture.write("kept", "x").value();
  REQUIRE(::symlink("../kept", (fixture.target / "link").c_str()) == 0);
  const Path tree = fixture.target / "tree";
  make_folders(tree).value();
  build_awkward_tree(tree);
  fixture.writer.remove("tree").value();
  CHECK(fixture.names_in("") == Texts{"kept", "link"});
}

TEST_CASE("metadata of what stands is set without touching its content") {
  Fixture fixture;
  fixture.write("file", "content").value();
  FileEntry wanted = fixture.regular(7);
  wanted.mode = 0604, wanted.mtime = {-5, 999999999}, wanted.attributes["user.a"] = Bytes{0, 1};
  const FileEntry before = *fixture.writer.current("file").value();
  CHECK(compare_entry(before, wanted, metadata_options(false), fixture.names).text() == "mtime, mode, attributes");
  fixture.writer.set_metadata("file", wanted).value();
  const FileEntry after = *fixture.writer.current("file").value();
  CHECK(after.inode == before.inode);
  CHECK(compare_entry(after, wanted, metadata_options(false), fixture.names).text() == "");
  wanted.attributes.clear();
  fixture.writer.set_metadata("file", wanted).value();
  CHECK(fixture.writer.current("file").value()->attributes.empty());
  CHECK(fixture.warnings == Texts{});
}

TEST_CASE("a hard link is made once and repaired when it has become another file") {
  Fixture fixture;
  fixture.write("first", "x").value();
  fixture.writer.make_hard_link("second", "first").value();
  CHECK(fixture.writer.same_file("second", "first").value());
  CHECK_FALSE(fixture.writer.same_file("second", "third").value());
  fixture.write("second", "y").value();
  CHECK_FALSE(fixture.writer.same_file("second", "first").value());
  fixture.writer.make_hard_link("second", "first").value();
  CHECK(fixture.read("second") == "x");
  CHECK(fixture.writer.make_hard_link("third", "missing").error().text() ==
        "linking 'third' to 'missing': creating: no such file or directory");
}

TEST_CASE("an immutable file gets another name and is immutable again") {
  Fixture fixture;
  fixture.write("file", "one").value();
  if (!make_immutable(fixture.target / "file", true)) {
    WARN("skipped: no immutable flag here (it needs root)");
    return;
  }
  fixture.writer.make_hard_link("second", "file").value();
  CHECK(fixture.writer.same_file("second", "file").value());
  CHECK(fixture.writer.current("second").value()->flags == "schg");
  CHECK(fixture.names_in("") == Texts{"file", "second"});
  CHECK(fixture.warnings == Texts{});
  REQUIRE(make_immutable(fixture.target / "file", false));
}

TEST_CASE("a folder that takes no names takes those of a restore, and is as it was afterwards") {
  Fixture fixture;
  fixture.writer.make_folder("folder").value();
  fixture.write("folder/file", "old").value();
  fixture.write("folder/extra", "old").value();
  const Path folder = fixture.target / "folder";
  for (const char* flags : {"schg", "sappnd"}) {
    INFO(flags);
    if (!set_flags(Descriptor(::open(folder.c_str(), O_RDONLY)).get(), flags)) {
      WARN("skipped: no such flag here (it needs root)");
      return;
    }
    fixture.write("folder/file", "changed").value();
    fixture.write(std::string("folder/") + flags, "new").value();
    fixture.writer.remove("folder/extra").value();
    CHECK(fixture.writer.current("folder").value()->flags.empty());
    fixture.writer.sync().value();
    CHECK(fixture.writer.current("folder").value()->flags == flags);
    fixture.writer.make_folder("folder/below").value();
    FileEntry entry = fixture.writer.current("folder").value().value();
    entry.flags = "";
    fixture.writer.set_metadata("folder", entry).value();
    fixture.writer.sync().value();
    CHECK(fixture.writer.current("folder").value()->flags.empty());
    fixture.writer.remove("folder/below").value();
  }
  CHECK(fixture.read("folder/file") == "changed");
  CHECK(fixture.names_in("folder") == Texts{"file", "sappnd", "schg"});
}

TEST_CASE("nothing stands where nothing does, and content is opened of regular files only") {
  Fixture fixture;
  CHECK_FALSE(fixture.writer.current("a/b").value().has_value());
  fixture.write("a", "x").value();
  CHECK_FALSE(fixture.writer.current("a/b").value().has_value());
  fixture.writer.make_folder("folder").value();
  CHECK(fixture.writer.open_content("folder").error().text() == "'folder' is not a regular file");
  CHECK(read_range(fixture.writer.open_content("a").value().get(), 0, 1).value() == Bytes{'x'});
  fixture.writer.sync().value();
}
