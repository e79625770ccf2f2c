// What --delete removes, and what it leaves because it may be the only copy.
#include "agent/restore/extra.h"

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
  ExtraRemover remover(bool partial, bool check_only = false) { return ExtraRemover(writer, selection, report, partial, check_only); }
  Texts standing() const { return list_folder(target.path()).value(); }
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
