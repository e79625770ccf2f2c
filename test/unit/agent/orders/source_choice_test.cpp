// What an order leaves out, from its own patterns and those of the host.
#include "agent/orders/source_choice.h"

#include <sys/stat.h>
#include <unistd.h>

#include "agent/orders/own_state.h"
#include "lib/base/files.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

struct Host {
  TemporaryFolder folder;
  const std::string first = (folder / "first").string(), second = (folder / "second").string();
  BackupOrder order;
  Host() {
    order.paths = {"/srv"}, order.exclude = {"*.tmp"}, order.exclude_files = {first, second};
    write(first, "*.o\n"), write(second, "!keep.o\n!keep.tmp\n");
  }
  static void write(const std::string& file, std::string_view text) { write_durably(file, as_bytes(text)).value(); }
  bool takes(std::string_view path) const { return walk_options(order).value().choose(path, false) == PathChoice::take; }
};

}  // namespace

TEST_CASE("the host's patterns lie over the order's, file after file") {
  Host host;
  CHECK_FALSE(host.takes("/srv/x.tmp"));
  CHECK_FALSE(host.takes("/srv/x.o"));
  CHECK(host.takes("/srv/keep.o"));
  CHECK(host.takes("/srv/keep.tmp"));
  host.order.exclude_files = {host.second, host.first};
  CHECK_FALSE(host.takes("/srv/keep.o"));
  Host::write(host.first, "");                            // each backup reads them anew
  CHECK(host.takes("/srv/keep.o"));
}

TEST_CASE("a missing file, and a source that is left out as a whole, are errors") {
  Host host;
  host.order.exclude_files = {host.first + "x"};
  CHECK(walk_options(host.order).error().text() == "no such exclude file: '" + host.first + "x'; nothing was backed up");
  host.order.exclude_files = {host.first};
  Host::write(host.first, "/srv\n");
  CHECK(walk_options(host.order).error().text() == "source '/srv' is left out by the job's own patterns; nothing was backed up");
  host.order.paths = {"/srv/www"};
  CHECK(walk_options(host.order).error().kind() == ErrorKind::usage);
  Host::write(host.first, "/srv\n!/srv/www\n");
  CHECK(walk_options(host.order).has_value());
  host.order.paths = {host.folder.path().string()};      // of which some is taken back
  Host::write(host.first, "*\n!*.conf\n");
  CHECK(walk_options(host.order).has_value());
}

TEST_CASE("what else an order leaves out reaches the walk; without a word nothing is") {
  Host host;
  host.order.exclude_caches = host.order.one_file_system = true;
  host.order.exclude_if_present = {".nobackup"}, host.order.exclude_larger_than = 5;
  const WalkOptions options = walk_options(host.order).value();
  CHECK((options.cache_tags && options.one_file_system));
  CHECK(options.tags == std::vector<std::string>{".nobackup"});
  CHECK(options.file_bytes_max == 5);
  const WalkOptions plain = walk_options({}).value();
  CHECK_FALSE((plain.choose || plain.cache_tags || plain.one_file_system || !plain.tags.empty()));
  CHECK(plain.file_bytes_max == UINT64_MAX);
}

TEST_CASE("a source that is a symbolic link is told, with where it leads") {
  Host host;
  const std::string link = (host.folder / "link").string(), lost = (host.folder / "lost").string();
  REQUIRE(::symlink("first", link.c_str()) == 0);
  REQUIRE(::symlink("nowhere", lost.c_str()) == 0);
  host.order.paths = {host.first, link, lost};
  CHECK(source_warnings(host.order) ==
        std::vector<std::string>{"source '" + link + "' is a symbolic link, which is backed up as such; for what it leads to name '" + host.first + "'",
                                 "source '" + lost + "' is a symbolic link, which is backed up as such; it leads nowhere"});
}

TEST_CASE("a source below a symbolic link is told, with what to name and how to restore it") {
  TemporaryFolder folder;
  const std::string all = std::filesystem::canonical(folder.path()).native();
  make_folders(folder / "real/data").value();
  std::filesystem::create_symlink("real", folder / "link");
  BackupOrder order;
  write_durably(folder / "real/file", as_bytes("x")).value();
  const auto warning = [&](const std::string& name, const std::string& target) {
    return "source '" + all + "/link/" + name + "' lies below a symbolic link, through which no restore writes; name '" + all + "/real/" + name +
           "' instead, or restore 'SNAPSHOT:" + all + "/link/" + name + "' with --target '" + target + "'";
  };
  order.paths = {all + "/real//data/", all + "/link/data", all + "/link/file", all + "/link/none", all + "/real"};
  CHECK(source_warnings(order) == std::vector<std::string>{warning("data", all + "/real/data"), warning("file", all + "/real")});
}

TEST_CASE("an exclude file that others can write is told") {
  Host host;
  Host::write(host.first, "*.tmp\n");
  host.order.exclude_files = {host.first};
  REQUIRE(::chmod(host.first.c_str(), 0644) == 0);
  CHECK(source_warnings(host.order).empty());
  REQUIRE(::chmod(host.first.c_str(), 0666) == 0);
  CHECK(source_warnings(host.order).size() == 1);
}

TEST_CASE("the agent's own state is left out of its backups by each of its names, and taken where the order names it or something in it") {
  TemporaryFolder folder;
  const Path real = folder / "real[1]*", state = folder / "link" / "agent";
  REQUIRE(make_folders(real / "agent"));
  std::filesystem::create_directory_symlink(real, folder / "link");
  const auto left_out = [&](std::vector<std::string> paths, const Path& path) {
    Order order;
    order.backup.paths = std::move(paths);
    const WalkOptions options = walk_options(without_own_state(order, state).backup).value();
    return options.choose && options.choose(path.native(), true) == PathChoice::leave;
  };
  const std::string all = folder.path().native();
  CHECK(left_out({"/"}, state));
  CHECK(left_out({all}, state / "vaults"));
  CHECK(left_out({all}, real / "agent"));
  CHECK(left_out({real.native()}, real / "agent"));
  CHECK_FALSE(left_out({all}, real));
  CHECK_FALSE(left_out({all}, real / "agents"));
  CHECK_FALSE(left_out({all}, folder / "real1" / "agent"));
  CHECK_FALSE(left_out({all, (real / "agent").native()}, real / "agent"));
  CHECK_FALSE(left_out({(state / "vaults").native()}, state / "vaults" / "x"));
  Order order;
  order.backup.paths = {"/srv"};
  CHECK(without_own_state(order, state).backup.exclude.empty());         // nothing that a restore would have to keep
}
