// Every awkward kind of file is read, written elsewhere and found equal by an independent comparison; the second time nothing is written.
#include "test/support/catch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "lib/base/text.h"
#include "test/support/awkward_tree.h"
#include "test/support/ordinary_user.h"
#include "test/support/temporary_folder.h"
#include "test/support/tree_compare.h"
#include "test/unit/agent/restore/copy_tree.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

using Texts = std::vector<std::string>;

// Two folders that are emptied however deep they are.
struct Folders {
  TemporaryFolder temporary;
  Path source = temporary / "source", target = temporary / "target";
  Folders() { std::filesystem::create_directory(source); }
  ~Folders() { clear_tree(temporary.path()); }
};

}  // namespace

TEST_CASE("as root every awkward file comes back as it was") {
  if (::geteuid() != 0) {
    WARN("skipped: needs root for owners, devices and trusted attributes");
    return;
  }
  const Folders folders;
  CHECK(build_awkward_tree(folders.source) == Texts{});
  const CopyReport report = copy_tree(folders.source, folders.target);
  CHECK(report.problems == Texts{});
  CHECK(report.warnings == Texts{});
  CHECK(compare_trees(folders.source, folders.target) == Texts{});
  const CopyReport again = copy_tree(folders.source, folders.target);
  CHECK(again.changed == Texts{});
  CHECK(again.warnings == Texts{});
}

TEST_CASE("an immutable file comes back immutable, and is replaced when it has to be") {
  const Folders folders;
  const Path file = folders.source / "file";
  write_durably(file, as_bytes("one")).value();
  if (!make_immutable(file, true)) {
    WARN("skipped: no immutable flag here (it needs root)");
    return;
  }
  CHECK(copy_tree(folders.source, folders.target).warnings == Texts{});
  CHECK(compare_trees(folders.source, folders.target) == Texts{});
  REQUIRE(make_immutable(file, false));
  write_durably(file, as_bytes("two and more")).value();
  CHECK(copy_tree(folders.source, folders.target).changed == Texts{"file", ""});
  CHECK(compare_trees(folders.source, folders.target) == Texts{});
}

TEST_CASE("as an ordinary user all that is allowed comes back, the rest is named") {
  const Folders folders;
  std::filesystem::permissions(folders.temporary.path(), std::filesystem::perms::all);
  if (::geteuid() == 0) REQUIRE(::chown(folders.source.c_str(), kNobody, kNobody) == 0);
  const std::string found = as_ordinary_user([&] {
    build_awkward_tree(folders.source);
    const CopyReport report = copy_tree(folders.source, folders.target);
    const CopyReport again = copy_tree(folders.source, folders.target);
    const Texts differences = compare_trees(folders.source, folders.target,
                                            {.owners = false, .privileged_attributes = false, .top = false});
    return joined(report.problems, "\n") + "|" + joined(report.warnings, "\n") + "|" + joined(differences, "\n") + "|" +
           joined(again.changed, "\n");
  });
  const std::string unreadable = folders.source.string() + "/nothing-allowed: opening: permission denied";
  CHECK(found == unreadable + "||nothing-allowed: only on the left|");
}

TEST_CASE("files of another owner are restored by an ordinary user without setuid, and that is named") {
  if (::geteuid() != 0) {
    WARN("skipped: needs root to make files of another owner");
    return;
  }
  const Folders folders;
  std::filesystem::permissions(folders.temporary.path(), std::filesystem::perms::all);
  const Path program = folders.source / "program";
  write_durably(program, as_bytes("x")).value();
  REQUIRE(::chmod(program.c_str(), 06755) == 0);
  const std::string found = as_ordinary_user([&] {
    std::string text = joined(copy_tree(folders.source, folders.target).warnings, "\n");
    struct stat facts {};
    if (::stat((folders.target / "program").c_str(), &facts) != 0) text += "no file";
    return text + "|" + std::to_string(facts.st_mode & 07777) + "|" + joined(copy_tree(folders.source, folders.target).changed, "\n");
  });
  CHECK(found ==
        "program: setting the owner to 0:0: operation not permitted\nprogram: setuid and setgid are left out: the owner is another\n"
        ": setting the owner to 0:0: operation not permitted|" + std::to_string(0755) + "|");
}
