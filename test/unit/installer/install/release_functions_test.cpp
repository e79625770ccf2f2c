// Releases against a real shell, below a folder: programs are scripts that say which they are.
#include "installer/host/local_host.h"
#include "installer/install/change_script.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::central;
using Names = std::vector<std::string>;

namespace {

const std::string kServing = "#!/bin/sh\necho $$ > \"$2/run/sparekeepd.pid\"\nexec sleep 5\n";
const std::string kBroken = "#!/bin/sh\necho it is broken >&2\nexit 1\n";

struct ReleaseWorld {
  ReleaseWorld() {
    host.name = "store1";
    host.root = folder / "a root's";
    host.connection = Connection::local;
    host.roles = {HostRole::storage};
  }

  // As install does it: programs, configuration, services, and the central's word.
  Result<std::string> install(const std::string& release, const std::string& program, const std::string& verdict = "good") {
    ChangeScript script = installing(release, program);
    if (!verdict.empty()) script.start({kDaemonService}, {}, false).prove();
    return run(script, verdict);
  }
  ChangeScript installing(const std::string& release, const std::string& program) const {
    ChangeScript script(host, Supervision::folder, release);
    script.folders({kDaemonService}, {});
    script.place({.path = release_file(release, "sparekeepd"), .mode = 0755, .content = Bytes(program.begin(), program.end()), .source = {}}).settle();
    script.use_release();
    script.place({.path = "/etc/sparekeep/daemon.toml", .mode = 0644, .content = Bytes(release.begin(), release.end()), .source = {}}).settle();
    return script;
  }
  Result<std::string> run(const ChangeScript& script, const std::string& verdict) {
    LocalHost access(host.name, system_clock());
    ScriptRun run{.script = script.text(), .limit = std::chrono::seconds(60)};
    run.answer = [&](const std::string&) { return Result<std::string>(verdict + "\n"); };
    return output_of(access, run);
  }
  Path at(const std::string& path) const { return Path(host.root) / path; }
  std::string link(const std::string& name) const {
    std::error_code none;
    return std::filesystem::read_symlink(at("usr/lib/sparekeep/" + name), none);
  }
  std::string settings() const { return read_text(at("etc/sparekeep/daemon.toml"), 100).value(); }
  Names programs() const { return list_folder(at("usr/lib/sparekeep")).value(); }
  Names releases() const { return list_folder(at("usr/lib/sparekeep/releases")).value(); }

  TemporaryFolder folder;
  Host host;
};

}  // namespace

TEST_CASE("the last release that worked stays beside the current one; older ones go") {
  ReleaseWorld world;
  REQUIRE(world.install("a", kServing).has_value());
  CHECK(world.link("current") == "releases/a");
  CHECK(world.programs() == Names{"current", "releases"});
  REQUIRE(world.install("b", kServing).has_value());
  CHECK(world.programs() == Names{"current", "previous", "releases"});
  REQUIRE(world.install("c", kServing).has_value());
  CHECK(world.link("current") == "releases/c");
  CHECK(world.link("previous") == "releases/b");
  CHECK(world.releases() == Names{"b", "c"});
  CHECK(list_folder(world.at("usr/lib/sparekeep/releases/c")).value() == Names{"proven", "sparekeepd"});
  REQUIRE(world.install("b", kServing).has_value());
  CHECK(world.link("current") == "releases/b");
  CHECK(world.link("previous") == "releases/c");
}

TEST_CASE("a release that does not start makes way for the one before it, with its configuration") {
  ReleaseWorld world;
  REQUIRE(world.install("a", kServing).has_value());
  const Result<std::string> result = world.install("b", kBroken);
  REQUIRE(!result);
  CHECK(result.error().text() == "release b did not start: it is broken; sparekeepd ended right after its start; see " + world.host.root +
                                     "/var/lib/sparekeep/daemon/daemon.log; release a runs again");
  CHECK(world.link("current") == "releases/a");
  CHECK(world.settings() == "a");
  CHECK(world.programs() == Names{"current", "releases"});
  CHECK(world.releases() == Names{"a"});
}

TEST_CASE("so it does when nobody listens any more") {
  ReleaseWorld world;
  REQUIRE(world.install("a", kServing).has_value());
  const std::string script = world.installing("b", kBroken).start({kDaemonService}, {}, false).prove().text();
  write_durably(world.folder / "script", as_bytes(script)).value();
  LocalHost access(world.host.name, system_clock());
  const std::string command = "sh " + (world.folder / "script").native() + " < /dev/null 2>&1 | true\n";
  REQUIRE(access.run({.script = command, .limit = std::chrono::seconds(60)}).has_value());
  CHECK(world.link("current") == "releases/a");
  CHECK(world.settings() == "a");
  CHECK(world.releases() == Names{"a"});
}

TEST_CASE("so does one that the central calls bad") {
  ReleaseWorld world;
  REQUIRE(world.install("a", kServing).has_value());
  REQUIRE(world.install("b", kServing).has_value());
  const Result<std::string> result = world.install("c", kServing, "bad central -> store1: 'no answer'");
  REQUIRE(!result);
  CHECK(result.error().text() == "release c does not work: central -> store1: 'no answer'; release b runs again");
  CHECK(world.link("current") == "releases/b");
  CHECK(world.link("previous") == "releases/a");
  CHECK(world.settings() == "b");
  CHECK(world.releases() == Names{"a", "b"});
}

TEST_CASE("a way back by hand that does not work leaves what ran, and not itself as the one before") {
  ReleaseWorld world;
  REQUIRE(world.install("a", kServing).has_value());
  REQUIRE(world.install("b", kServing).has_value());
  REQUIRE(!world.install("a", kBroken).has_value());
  CHECK(world.link("current") == "releases/b");
  CHECK(world.link("previous").empty());
  CHECK(world.releases() == Names{"b"});
}

TEST_CASE("a first release has nothing to go back to: it stays, not proven") {
  ReleaseWorld world;
  CHECK(world.install("a", kServing, "bad it is mute").has_value());
  CHECK(world.link("current") == "releases/a");
  CHECK(!std::filesystem::exists(world.at("usr/lib/sparekeep/releases/a/proven")));
}

TEST_CASE("a build before releases is replaced, or runs again") {
  ReleaseWorld world;
  for (const char* name : {"sparekeepd", "sparekeep-agent", "libisal.so.2"}) {
    make_folders(world.at("usr/lib/sparekeep")).value();
    write_durably(world.at("usr/lib/sparekeep") / name, as_bytes(kServing), {.mode = 0755}).value();
  }
  make_folders(world.at("etc/sparekeep")).value();
  write_durably(world.at("etc/sparekeep/daemon.toml"), as_bytes("flat")).value();
  const Result<std::string> result = world.install("b", kServing, "bad it is mute");
  REQUIRE(!result);
  CHECK(result.error().text() == "release b does not work: it is mute; what ran before runs again");
  CHECK(world.settings() == "flat");
  CHECK(world.programs() == Names{"libisal.so.2", "releases", "sparekeep-agent", "sparekeepd"});
  REQUIRE(world.install("c", kServing).has_value());
  CHECK(world.programs() == Names{"current", "releases"});
  CHECK(world.releases() == Names{"c"});
}

TEST_CASE("a switch that was interrupted goes on, or back, with the configuration of what worked") {
  ReleaseWorld world;
  REQUIRE(world.install("a", kServing).has_value());
  REQUIRE(world.install("b", kServing, "").has_value());     // ends before it starts anything
  CHECK(world.link("current") == "releases/b");
  SECTION("on") {
    REQUIRE(world.install("b", kServing).has_value());
    CHECK(world.releases() == Names{"a", "b"});
    CHECK(world.link("previous") == "releases/a");
  }
  SECTION("with another one") {
    REQUIRE(world.install("c", kServing).has_value());
    CHECK(world.releases() == Names{"a", "c"});
    CHECK(world.link("previous") == "releases/a");
  }
  SECTION("back by hand, to one that had another before it") {
    REQUIRE(world.install("b", kServing).has_value());
    REQUIRE(world.install("c", kServing, "").has_value());
    REQUIRE(world.install("b", kServing).has_value());
    CHECK(world.link("current") == "releases/b");
    CHECK(world.link("previous") == "releases/a");
    CHECK(world.releases() == Names{"a", "b"});
  }
  SECTION("back by hand") {
    REQUIRE(world.install("a", kServing).has_value());
    CHECK(world.releases() == Names{"a"});
  }
  SECTION("back by itself") {
    REQUIRE(!world.install("b", kBroken).has_value());
    CHECK(world.settings() == "a");
    CHECK(world.releases() == Names{"a"});
  }
  CHECK(!std::filesystem::exists(world.at("usr/lib/sparekeep/kept")));
}

TEST_CASE("a switch of an earlier installer that a power cut ended has no way back to empty files") {
  ReleaseWorld world;
  REQUIRE(world.install("a", kServing).has_value());
  REQUIRE(world.install("b", kServing, "").has_value());
  for (const char* file : {"release", "previous", "etc/sparekeep/daemon.toml"}) std::filesystem::resize_file(world.at("usr/lib/sparekeep/kept") / file, 0);
  REQUIRE(!world.install("b", kBroken).has_value());
  CHECK(world.link("current") == "releases/b");
  CHECK(world.settings() == "b");
  REQUIRE(world.install("c", kServing).has_value());
  CHECK(world.link("previous") == "releases/a");
}

TEST_CASE("what the way back needs is durable before it has its name, and so is the configuration that is put back") {
  ReleaseWorld world;
  REQUIRE(world.install("a", kServing).has_value());
  const std::string script = world.installing("b", kBroken).start({kDaemonService}, {}, false).prove().text();
  write_durably(world.folder / "script", as_bytes(script)).value();
  const std::string trace = (world.folder / "trace").native();
  LocalHost access(world.host.name, system_clock());
  const std::string command = "strace -f -qq -y -s 4096 -e trace=fsync,renameat2 -o " + trace + " sh " + (world.folder / "script").native() +
                              " < /dev/null 2> /dev/null || true\n";
  REQUIRE(access.run({.script = command, .limit = std::chrono::seconds(60)}).has_value());
  CHECK(world.settings() == "a");
  const std::string calls = read_text(trace, 1 << 20).value();
  const auto synced = [&](const std::string& path) { return calls.find("<" + world.at(path).native() + ">)"); };
  const size_t kept = calls.find("/kept\"");
  REQUIRE(kept != std::string::npos);
  for (const char* path : {"", "/release", "/previous", "/etc", "/etc/sparekeep", "/etc/sparekeep/daemon.toml"})
    CHECK(synced(std::string("usr/lib/sparekeep/kept.new") + path) < kept);
  const size_t put_back = calls.rfind("/daemon.toml\"");
  CHECK(calls.rfind("daemon.toml.new>)", put_back) > kept);
  CHECK(calls.find("etc/sparekeep>)", put_back) != std::string::npos);
}

TEST_CASE("where the one before does not run again either, both are told") {
  ReleaseWorld world;
  REQUIRE(world.install("a", kServing).has_value());
  write_durably(world.at("usr/lib/sparekeep/releases/a/sparekeepd"), as_bytes(kBroken), {.mode = 0755}).value();
  const Result<std::string> result = world.install("b", kBroken);
  REQUIRE(!result);
  CHECK(result.error().text().starts_with("release b did not start: it is broken; sparekeepd ended right after its start"));
  CHECK(result.error().text().find("; and release a does not run again: it is broken; ") != std::string::npos);
}
