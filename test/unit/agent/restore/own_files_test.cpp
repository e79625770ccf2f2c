// What makes a host the one it is, in restores over it.
#include <unistd.h>

#include "agent/orders/own_state.h"
#include "installer/install/layout.h"
#include "test/support/catch.h"
#include "test/unit/agent/restore/restore_fixture.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

using Texts = std::vector<std::string>;

TestFile entry(const std::string& path, FileKind kind = FileKind::regular) {
  FileEntry file;
  file.kind = kind, file.path = path, file.mode = kind == FileKind::directory ? 0755 : 0644;
  file.uid = ::geteuid(), file.gid = ::getegid(), file.mtime = {1000, 5}, file.size = kind == FileKind::regular ? 3 : 0;
  return {{.file = file, .hash = {}, .content = {}}, kind == FileKind::regular ? Bytes{'a', 'b', 'c'} : Bytes()};
}

RestoreOrder order_to(const std::string& target, const std::string& path = "") {
  RestoreOrder order;
  order.target = target, order.path = path;
  return order;
}

bool is_own(const RestoreOrder& order, const Path& root, std::string_view path) { return Selection{.own = own_paths(order, {root}).value()}.is_own(path); }

// The target is the host's root.
struct Fixture : RestoreFixture {
  const Path root = folder / "target";

  Fixture() {
    for (const char* name : {"etc/sparekeep/host-id", "etc/systemd/system/sparekeepd.service", "etc/extra", "etc/sparekeep/added",
                             "usr/lib/sparekeep/current/sparekeepd"}) {
      make_folders((root / name).parent_path()).value();
      write_durably(root / name, as_bytes("mine")).value();
    }
  }
  RunResult run() {
    RestoreWorld world{vault.clock, names, *reading->reader};
    return run_restore({order, {.path = order.restore.path, .own = own_paths(order.restore, {root}).value()}, {}, {}}, world);
  }
  std::string content(const std::string& name) const {
    const Result<Bytes> found = read_file(root / name, 100);
    return found ? std::string(found->begin(), found->end()) : "none";
  }
};

}  // namespace

TEST_CASE("own files are what install writes, below the host's root, wherever the restore would come upon them") {
  TemporaryFolder folder;
  const std::string root = folder.path().native();
  using namespace central;
  std::vector<std::string> units{service_unit(kDaemonService), service_unit(kAgentService)};
  for (const std::string_view order : kPrivilegedOrders) units.push_back(socket_unit(order)), units.push_back(order_unit(order));
  for (const std::string& unit : units) {
    CHECK(is_own(order_to("/"), "/", unit_file(unit)));
    CHECK(is_own(order_to("/"), root, root + unit_file(unit)));
    CHECK_FALSE(is_own(order_to("/"), root, unit_file(unit)));
  }
  for (const std::string& file : {std::string(kHostIdFile), std::string(kDelegationFile), std::string(kDaemonService.settings), std::string(kAgentService.settings),
                                  recipient_key_file(), certificate_file(kDaemonService), std::string(kCurrentLink)}) {
    CHECK(is_own(order_to("/"), "/", file));
    CHECK(is_own(order_to(root), root, file));
    CHECK(is_own(order_to(root, "/backup/of"), root, "/backup/of" + file));
    CHECK_FALSE(is_own(order_to("/elsewhere"), "/", file));
  }
  CHECK(is_own(order_to("/etc", "/etc"), "/", "/etc/sparekeep/host-id"));
  for (const char* path : {"/etc", "/etc/sparekeep.d", "/etc/systemd/system/sparekeepd.service.d", "/var/lib/sparekeep", "/var/lib/sparekeep/restore",
                           "/etc/systemd/system/x.service"})
    CHECK_FALSE(is_own(order_to("/"), "/", path));
}

TEST_CASE("own files count by each of their names, of the target, too; a unit that is masked is no name of what masks it") {
  TemporaryFolder folder;
  const std::string all = folder.path().native();
  make_folders(folder / "host/etc/systemd/system").value();
  make_folders(folder / "real").value();
  std::filesystem::create_directory_symlink(folder / "real", folder / "host/etc/sparekeep");
  std::filesystem::create_directory_symlink(folder / "host", folder / "alias");
  std::filesystem::create_symlink(folder / "masks", folder / "host/etc/systemd/system/sparekeepd.service");
  const Path root = folder / "host";
  CHECK(is_own(order_to(all), root, "/host/etc/sparekeep/host-id"));
  CHECK(is_own(order_to(all), root, "/real/host-id"));
  CHECK(is_own(order_to(all + "/alias"), root, "/etc/sparekeep/host-id"));
  CHECK(is_own(order_to(all), root, "/host/etc/systemd/system/sparekeepd.service"));
  CHECK_FALSE(is_own(order_to(all), root, "/masks"));
}

TEST_CASE("what is stored for others is own, where daemon.toml says that it lies; so is a link to the folder of the states, and no folder in its place") {
  TemporaryFolder folder;
  const Path root = folder / "host";
  const RestoreOrder in_place = order_to(root.native());
  CHECK(is_own(in_place, root, "/srv/sparekeep/ab/cd/shard"));
  make_folders(root / "etc/sparekeep").value();
  write_durably(root / "etc/sparekeep/daemon.toml", as_bytes("[storage]\npath = \"/data/kept here\"\n")).value();
  CHECK(is_own(in_place, root, "/data/kept here/ab/cd/shard"));
  CHECK_FALSE(is_own(in_place, root, "/srv/sparekeep/ab"));
  CHECK_FALSE(is_own(in_place, root, "/data"));
  make_folders(root / "var/lib/sparekeep").value();
  CHECK_FALSE(is_own(in_place, root, "/var/lib/sparekeep"));
  make_folders(folder / "big").value();
  std::filesystem::remove(root / "var/lib/sparekeep");
  std::filesystem::create_directory_symlink(folder / "big", root / "var/lib/sparekeep");
  CHECK(is_own(in_place, root, "/var/lib/sparekeep"));
  CHECK_FALSE(is_own(in_place, root, "/var/lib"));
}

TEST_CASE("a restore in place removes no shard that came since, and leaves the link to the folder of the states") {
  Fixture fixture;
  for (const char* shard : {"a", "b"}) {
    make_folders(fixture.root / "srv/sparekeep/vault").value();
    write_durably(fixture.root / "srv/sparekeep/vault" / shard, as_bytes("mine")).value();
  }
  make_folders(fixture.root / "var/lib").value();
  make_folders(fixture.folder / "big").value();
  std::filesystem::create_directory_symlink(fixture.folder / "big", fixture.root / "var/lib/sparekeep");
  fixture.hold({entry("/srv", FileKind::directory), entry("/srv/sparekeep", FileKind::directory), entry("/srv/sparekeep/vault", FileKind::directory),
                entry("/srv/sparekeep/vault/a"), entry("/var", FileKind::directory), entry("/var/lib", FileKind::directory),
                entry("/var/lib/sparekeep", FileKind::directory), entry("/var/lib/sparekeep/x")});
  fixture.order.restore.delete_extra = true;
  const RunResult result = fixture.run();
  CHECK(result.state == "complete");
  CHECK(result.warnings.size() == 1);
  CHECK(fixture.content("srv/sparekeep/vault/a") == "mine");
  CHECK(fixture.content("srv/sparekeep/vault/b") == "mine");
  CHECK(std::filesystem::is_symlink(fixture.root / "var/lib/sparekeep"));
  CHECK_FALSE(std::filesystem::exists(fixture.folder / "big/x"));
}

TEST_CASE("a target that is own or lies in it is meant, and nothing is removed there") {
  RestoreOrder order = order_to("/etc/sparekeep", "/etc/sparekeep");
  CHECK_FALSE(is_own(order, "/", "/etc/sparekeep/host-id"));
  order.delete_extra = true;
  CHECK(own_paths(order, {"/"}).error().text() ==
        "--delete removes nothing of '/etc/sparekeep', own files of this host; restore without it, or to another folder");
}

TEST_CASE("a restore in place passes over what is the host's own with one warning, and removes nothing of it") {
  Fixture fixture;
  fixture.hold({entry("/etc", FileKind::directory), entry("/etc/file"), entry("/etc/sparekeep", FileKind::directory), entry("/etc/sparekeep/agent.toml"),
                entry("/etc/sparekeep/host-id"), entry("/etc/systemd", FileKind::directory), entry("/etc/systemd/system", FileKind::directory),
                entry("/etc/systemd/system/sparekeepd.service"), entry("/etc/systemd/system/x.service"), entry("/usr", FileKind::directory)});
  fixture.order.restore.delete_extra = true;
  for (const bool check_only : {true, false}) {
    fixture.order.restore.check_only = check_only;
    const RunResult result = fixture.run();
    CHECK(result.state == "complete");
    CHECK(result.files == 6);
    CHECK(result.warnings == Texts{"'/etc/sparekeep' was passed over, as all of Sparekeep's own files of this host are: they make it the host that it is; "
                                   "restore them elsewhere with --target"});
  }
  CHECK(fixture.content("etc/file") == "abc");
  CHECK(fixture.content("etc/systemd/system/x.service") == "abc");
  CHECK(fixture.content("etc/extra") == "none");
  CHECK(fixture.content("etc/sparekeep/agent.toml") == "none");
  for (const char* name : {"etc/sparekeep/host-id", "etc/sparekeep/added", "etc/systemd/system/sparekeepd.service", "usr/lib/sparekeep/current/sparekeepd"})
    CHECK(fixture.content(name) == "mine");
}

TEST_CASE("a snapshot of which all is passed over is no failure") {
  Fixture fixture;
  fixture.hold({entry("/etc/sparekeep/host-id")});
  const RunResult result = fixture.run();
  CHECK(result.state == "complete");
  CHECK(result.changed == 0);
  CHECK(result.warnings.size() == 1);
  CHECK(fixture.content("etc/sparekeep/host-id") == "mine");
}

TEST_CASE("another target gets all, and a snapshot without own files gives no warning") {
  Fixture fixture;
  fixture.hold({entry("/etc/sparekeep/host-id"), entry("/srv", FileKind::directory)});
  fixture.order.restore.target = (fixture.folder / "other").native();
  CHECK(fixture.run().warnings.empty());
  CHECK(read_file(fixture.folder / "other/etc/sparekeep/host-id", 100).value() == Bytes{'a', 'b', 'c'});
  fixture.order.restore.target = fixture.root.native();
  fixture.hold({entry("/srv", FileKind::directory)});
  CHECK(fixture.run().warnings.empty());
}
