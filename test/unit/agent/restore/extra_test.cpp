// What --delete removes, and what it leaves because it may be the only copy.
#include "agent/restore/extra.h"

#include <sys/stat.h>
#include <unistd.h>

#include "agent/restore/beneath.h"
#include "agent/restore/file_writer.h"
#include "lib/base/files.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

using Texts = std::vector<std::string>;

struct Fixture {
  TemporaryFolder target;
  AccountNames names;
  FileWriter writer = FileWriter::open(target.path(), {}, names, [](std::string_view, const std::string&) {}).value();
  Selection selection;
  RunResult result;
  RestoreReport report{result};

  Fixture() {
    for (const char* name : {"known", "extra", "folder/below"}) {
      make_folders((target / name).parent_path()).value();
      write_durably(target / name, as_bytes("x")).value();
    }
  }
  ExtraRemover leaving(const LeftOut& left_out) { return ExtraRemover(writer, selection, report, {target.path().string(), false, false, left_out}); }
  void add(const std::string& name, size_t bytes = 1) const {
    make_folders((target / name).parent_path()).value();
    write_durably(target / name, as_bytes(std::string(bytes, 'x'))).value();
  }
  ExtraRemover remover(bool partial, bool check_only = false) { return ExtraRemover(writer, selection, report, {target.path().string(), partial, check_only}); }
  Texts errors() const {
    Texts texts;
    for (const RunError& error : result.errors) texts.push_back(error.path + ": " + error.text);
    return texts;
  }
  Texts standing() const { return list_folder(target.path()).value(); }
};

// Nobody reads a folder of mode 0, unless he is root.
struct AsNobody {
  AsNobody() { CHECK((::geteuid() != 0 || ::seteuid(65534) == 0)); }
  ~AsNobody() { CHECK(::seteuid(::getuid()) == 0); }
};

}  // namespace

TEST_CASE("what the snapshot does not hold is removed, folders with all below them") {
  Fixture fixture;
  fixture.remover(false).remove_from("/srv", "", {"known"});
  CHECK(fixture.standing() == Texts{"known"});
  CHECK(fixture.result.changed == 2);
}

TEST_CASE("told only, nothing is removed and the same is counted") {
  Fixture fixture;
  fixture.remover(false, true).remove_from("/srv", "", {"known"});
  CHECK(fixture.standing() == Texts{"extra", "folder", "known"});
  CHECK(fixture.result.changed == 2);
}

TEST_CASE("after a snapshot that lacks unreadable files nothing is removed, and one warning says so") {
  Fixture fixture;
  ExtraRemover remover = fixture.remover(true);
  remover.remove_from("/srv", "", {"known"});
  remover.remove_from("/srv/folder", "folder", {});
  CHECK(fixture.standing() == Texts{"extra", "folder", "known"});
  CHECK(fixture.result.changed == 0);
  CHECK(fixture.result.warnings ==
        Texts{"nothing was removed: some source files could not be read for this snapshot, and what it lacks may stand here alone"});
  Fixture same;
  same.remover(true).remove_from("/srv", "", {"known", "extra", "folder"});
  CHECK(same.result.warnings.empty());
}

TEST_CASE("a folder stays with what is excluded deep below it") {
  Fixture fixture;
  std::string deep = "folder";
  for (int level = 0; level < 300; ++level) deep += "/d";
  make_folders(fixture.target / deep).value();
  fixture.selection.excluded = [&](std::string_view path) { return path == "/srv/" + deep; };
  fixture.remover(false).remove_from("/srv", "", {"known"});
  CHECK(fixture.standing() == Texts{"folder", "known"});
  CHECK(std::filesystem::exists(fixture.target / deep));
}

TEST_CASE("what the backup was told to leave out stays, with the folders that hold it, and one warning says so") {
  Fixture fixture;
  fixture.add("a/deep/core.tmp"), fixture.add("a/gone"), fixture.add("big", 101), fixture.add("exact", 100), fixture.add("dir.d/x"), fixture.add("file.d");
  ExtraRemover remover = fixture.leaving({.exclude = {"*.tmp", "*.d/"}, .exclude_larger_than = 100});
  remover.remove_from("/srv", "", {"known"});
  CHECK(fixture.standing() == Texts{"a", "big", "dir.d", "known"});
  CHECK(fixture.result.changed == 4);                    // exact, extra, file.d, folder
  CHECK(fixture.result.warnings == Texts{"'/srv/a' was not removed, nor what else the backup was told to leave out: this snapshot does not hold it"});
  CHECK(std::filesystem::exists(fixture.target / "a/deep/core.tmp"));
}

TEST_CASE("all beside a tag stays, whether the snapshot or the target has the tag") {
  Fixture fixture;
  fixture.add("kept/.nobackup"), fixture.add("kept/x"), fixture.add("cache/CACHEDIR.TAG"), fixture.add("cache/x"), fixture.add("new/sub/CACHEDIR.TAG");
  const LeftOut tags{.exclude_if_present = {".nobackup"}, .exclude_caches = true};
  fixture.leaving(tags).remove_from("/srv", "", {"known", "kept", "cache"});
  CHECK(fixture.standing() == Texts{"cache", "kept", "known", "new"});
  fixture.leaving(tags).remove_from("/srv/kept", "kept", {".nobackup"});
  fixture.leaving(tags).remove_from("/srv/cache", "cache", {});
  std::filesystem::remove(fixture.target / "kept/.nobackup");
  fixture.leaving(tags).remove_from("/srv/kept", "kept", {".nobackup"});
  CHECK(list_folder(fixture.target / "kept").value() == Texts{"x"});
  CHECK(list_folder(fixture.target / "cache").value() == Texts{"CACHEDIR.TAG", "x"});
  fixture.leaving({.exclude_if_present = {".other"}}).remove_from("/srv/kept", "kept", {".nobackup"});
  CHECK(list_folder(fixture.target / "kept").value().empty());
}

TEST_CASE("a folder that is empty in a snapshot of one file system, or all of one that files of its host cut down, keeps what stands there") {
  Fixture fixture;
  fixture.leaving({.one_file_system = true}).remove_from("/srv/folder", "folder", {});
  fixture.leaving({.exclude_files = true}).remove_from("/srv", "", {"known"});
  CHECK(fixture.standing() == Texts{"extra", "folder", "known"});
  CHECK(fixture.result.changed == 0);
  CHECK(fixture.result.warnings.back() ==
        "nothing was removed: files on its host (exclude_files) said what this snapshot lacks, and that may stand here alone");
  fixture.leaving({.one_file_system = true}).remove_from("/srv", "", {"known"});
  CHECK(fixture.standing() == Texts{"known"});
}

TEST_CASE("a folder that cannot be listed fails the restore, as nothing in it is removed; one that is gone does not") {
  Fixture fixture;
  std::filesystem::create_directory_symlink("/", fixture.target / "link");
  fixture.remover(false).remove_from("/srv/link", "link", {});
  fixture.remover(false).remove_from("/srv/gone", "gone", {});
  CHECK(fixture.errors() == Texts{std::string("/srv/link: 'link'") + kNotThroughIt});
  CHECK(fixture.result.state == "failed");
}

TEST_CASE("an extra folder of which nobody can say whether something excluded stands in it stays, and fails the restore") {
  Fixture fixture;
  REQUIRE(::chmod((fixture.target / "folder").c_str(), 0) == 0);
  REQUIRE(::chmod(fixture.target.path().c_str(), 0777) == 0);
  fixture.selection.excluded = [](std::string_view) { return false; };
  {
    const AsNobody nobody;
    fixture.remover(false).remove_from("/srv", "", {"known"});
  }
  CHECK(fixture.errors() == Texts{"/srv/folder: opening 'folder': permission denied"});
  CHECK(fixture.standing() == Texts{"folder", "known"});
}
