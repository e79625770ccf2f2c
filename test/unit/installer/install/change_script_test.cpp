// The scripts against a real shell, below a folder.
#include "installer/install/change_script.h"

#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "installer/host/local_host.h"
#include "installer/install/health.h"
#include "installer/install/uninstall.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

// Holds a pid file as a daemon does; that it is ours is known by where its program lies, a shell that goes on and on.
const std::string kGoingOn = "while :; do sleep 0.2; done";
const std::string kServing = "#!/bin/sh\necho $$ > \"$2/run/sparekeepd.pid\"\nexec \"$2/usr/lib/sparekeep/x/sparekeepd\" -c '" + kGoingOn + "' serve\n";

struct ScriptWorld {
  ScriptWorld() {
    host.name = "web1";
    host.root = folder / "a root's";
    host.connection = Connection::local;
  }
  Result<std::string> run(const ChangeScript& script) {
    LocalHost access(host.name, system_clock());
    return output_of(access, {.script = script.text(), .limit = std::chrono::seconds(60)});
  }
  // On a host that has the user, or has not; no test changes this machine's own.
  std::string mended(const std::string& commands) {
    const std::string text = ChangeScript(host, Supervision::folder).mend({{.name = "sparekeepd", .wrong = {}, .options = {"--home", "/x"}, .stops = true}}).text();
    LocalHost access(host.name, system_clock());
    const Result<std::string> result = output_of(access, {.script = "getent() { :; }\n" + commands + text, .limit = std::chrono::seconds(60)});
    return result ? "mended" : result.error().text();
  }
  // The same program doing something else, as somebody has begun it by hand.
  pid_t begin(const std::string& command) const {
    std::vector<std::string> words{at("usr/lib/sparekeep/x/sparekeepd"), "-c", kGoingOn, command, "--order", "file"};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t pid = 0;
    REQUIRE(::posix_spawn(&pid, arguments[0], nullptr, nullptr, arguments.data(), environ) == 0);
    return pid;
  }
  std::string pid() const { return read_text(at("run/sparekeepd.pid"), 100).value(); }
  Path at(const std::string& path) const { return Path(host.root) / path; }

  TemporaryFolder folder;
  Host host;
};

unsigned mode_of(const Path& path) {
  struct stat facts {};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  return facts.st_mode & 07777;
}

}  // namespace

// Both scripts would do nothing: what is asked is whether they get past the root at all.
TEST_CASE("a root that is no folder, or is the machine's own, ends the script before its first change") {
  ScriptWorld world;
  write_durably(world.host.root, as_bytes("a file")).value();
  Result<std::string> result = world.run(ChangeScript(world.host, Supervision::folder));
  REQUIRE(!result);
  CHECK(result.error().text().starts_with("mkdir: cannot create directory '"));   // the rest is coreutils'

  world.host.root = world.folder / "link";
  std::filesystem::create_directory_symlink("/", world.host.root);
  result = world.run(ChangeScript(world.host, Supervision::folder));
  REQUIRE(!result);
  CHECK(result.error().text() == "the root '" + world.host.root + "' is this machine's own '/'; name a folder below it");
}

TEST_CASE("files are placed whole, with their modes, and nothing else stays behind") {
  ScriptWorld world;
  const Bytes content{0, 1, 255, '\'', '\n'};
  write_durably(world.folder / "source", as_bytes("program")).value();
  ChangeScript script(world.host, Supervision::folder);
  script.folders({kDaemonService}, {});
  script.place({.path = "/etc/sparekeep/delegation.bin", .mode = 0644, .content = content, .source = {}});
  script.place({.path = "/usr/lib/sparekeep/sparekeepd", .mode = 0755, .content = {}, .source = world.folder / "source"});
  REQUIRE(world.run(script.settle()).has_value());
  CHECK(read_file(world.at("etc/sparekeep/delegation.bin"), 100).value() == content);
  CHECK(read_text(world.at("usr/lib/sparekeep/sparekeepd"), 100).value() == "program");
  CHECK(mode_of(world.at("usr/lib/sparekeep/sparekeepd")) == 0755);
  CHECK(mode_of(world.at("var/lib/sparekeep/daemon")) == 0700);
  CHECK(list_folder(world.at("etc/sparekeep")).value() == std::vector<std::string>{"delegation.bin"});
}

TEST_CASE("a program that ends at once is a failure that says where to look") {
  ScriptWorld world;
  ChangeScript script(world.host, Supervision::folder, "0.1.0-a");
  const std::string program = "#!/bin/sh\necho it is broken >&2\nexit 1\n";
  script.folders({kAgentService}, {});
  script.place({.path = release_file("0.1.0-a", kAgentService.program), .mode = 0755, .content = Bytes(program.begin(), program.end()), .source = {}});
  const Result<std::string> result = world.run(script.settle().use_release().start({kAgentService}, {}, false));
  REQUIRE(!result);
  CHECK(result.error().text() == "it is broken; sparekeep-agent ended right after its start; see " + world.host.root + "/var/lib/sparekeep/agent/agent.log");
}

// The service's user writes its pid file, and links wherever it can.
TEST_CASE("a pid file that leads elsewhere than to a process is none, and holds nothing up") {
  ScriptWorld world;
  world.host.name = "store1", world.host.roles = {HostRole::storage};
  make_folders(world.at("run")).value();
  std::filesystem::create_symlink(world.at("usr/lib/sparekeep/sparekeepd"), world.folder / "exe");
  write_durably(world.at("run/sparekeepd.pid"), as_bytes("self/root" + world.folder.path().native() + "\n")).value();
  LocalHost access(world.host.name, system_clock());
  const std::string stop = ChangeScript(world.host, Supervision::folder).stop({kDaemonService}).text();
  CHECK(output_of(access, {.script = stop, .limit = std::chrono::seconds(10)}).has_value());
  write_durably(world.at("run/sparekeepd.pid"), as_bytes("self/root" + world.folder.path().native() + "\n")).value();
  const std::string facts = output_of(access, {.script = facts_script(world.host), .limit = std::chrono::seconds(60)}).value();
  CHECK(facts.find("\nprocess ") == std::string::npos);
}

TEST_CASE("a user that cannot be set back leaves its service running") {
  ScriptWorld world;
  ChangeScript script(world.host, Supervision::folder, "0.1.0-a");
  script.folders({kDaemonService}, {});
  script.place({.path = "/usr/lib/sparekeep/x/sparekeepd", .mode = 0755, .content = {}, .source = "/bin/sh"});
  script.place({.path = release_file("0.1.0-a", "sparekeepd"), .mode = 0755, .content = Bytes(kServing.begin(), kServing.end()), .source = {}});
  const Result<std::string> started = world.run(script.settle().use_release().start({kDaemonService}, {}, false));
  REQUIRE((started ? "" : started.error().text()).empty());
  const std::string first = world.pid();

  CHECK(world.mended("grep() { return 1; }\nusermod() { exit 9; }\n").starts_with("the user 'sparekeepd' is not as install makes it and not in /etc/passwd"));
  CHECK(world.pid() == first);
  CHECK(world.mended("grep() { :; }\nusermod() { echo 'usermod: it is locked'; return 10; }\n") ==
        "usermod: it is locked; usermod failed for the user 'sparekeepd'; set it back by hand");
  const std::string second = world.pid();
  CHECK(second != first);
  CHECK(world.mended("grep() { :; }\nusermod() { :; }\nid() { echo sparekeepd docker; }\n").starts_with(
      "the user 'sparekeepd' is still of the groups 'sparekeepd docker'"));
  CHECK(world.pid() != second);
  CHECK(world.mended("grep() { :; }\nusermod() { :; }\nid() { echo sparekeepd; }\n") == "mended");
  CHECK(!std::filesystem::exists(world.at("run/sparekeepd.pid")));
}

TEST_CASE("what runs without its pid file is ended before another one is started, and when all is to end") {
  ScriptWorld world;
  world.host.roles = {HostRole::storage};
  ChangeScript script(world.host, Supervision::folder, "0.1.0-a");
  script.folders({kDaemonService}, {});
  script.place({.path = "/usr/lib/sparekeep/x/sparekeepd", .mode = 0755, .content = {}, .source = "/bin/sh"});
  script.place({.path = release_file("0.1.0-a", "sparekeepd"), .mode = 0755, .content = Bytes(kServing.begin(), kServing.end()), .source = {}});
  script.settle().use_release().start({kDaemonService}, {}, false);
  const auto lives = [](const std::string& pid) { return std::filesystem::exists("/proc/" + pid.substr(0, pid.find('\n')) + "/exe"); };
  REQUIRE(world.run(script).has_value());
  const std::string lost = world.pid();
  REQUIRE(lives(lost));
  SECTION("the file is gone") { std::filesystem::remove(world.at("run/sparekeepd.pid")); }
  SECTION("the file names another process") { write_durably(world.at("run/sparekeepd.pid"), as_bytes("1\n")).value(); }
  REQUIRE(world.run(ChangeScript(world.host, Supervision::folder, "0.1.0-a").start({kDaemonService}, {}, false)).has_value());
  CHECK(!lives(lost));
  const std::string second = world.pid();
  CHECK(lives(second));
  std::filesystem::remove(world.at("run/sparekeepd.pid"));
  REQUIRE(world.run(ChangeScript(world.host, Supervision::folder).stop({kDaemonService})).has_value());
  CHECK(!lives(second));
}

TEST_CASE("what somebody does with the same program survives a start of the service, and ends where it is stopped for good") {
  ScriptWorld world;
  world.host.roles = {HostRole::storage};
  ChangeScript script(world.host, Supervision::folder, "0.1.0-a");
  script.folders({kDaemonService}, {});
  script.place({.path = "/usr/lib/sparekeep/x/sparekeepd", .mode = 0755, .content = {}, .source = "/bin/sh"});
  script.place({.path = release_file("0.1.0-a", "sparekeepd"), .mode = 0755, .content = Bytes(kServing.begin(), kServing.end()), .source = {}});
  REQUIRE(world.run(script.settle()).has_value());
  const pid_t backup = world.begin("backup"), lost = world.begin("serve");
  const auto ended = [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) == pid; };

  CHECK(world.run(ChangeScript(world.host, Supervision::folder, "0.1.0-a").use_release().start({kDaemonService}, {}, false)).has_value());
  CHECK(ended(lost));
  CHECK(!ended(backup));
  CHECK(world.run(ChangeScript(world.host, Supervision::folder, "0.1.0-a").stop({kDaemonService})).has_value());
  CHECK(ended(backup));
}

TEST_CASE("a host that another central has taken meanwhile is left as it is") {
  ScriptWorld world;
  const auto run = [&](const PublicKey& root) {
    const Result<std::string> result = world.run(ChangeScript(world.host, Supervision::folder).of_central(root).folders({kDaemonService}, {}));
    return result ? "changed" : result.error().text();
  };
  make_folders(world.at("etc/sparekeep")).value();
  const PublicKey ours{{1}}, theirs{{0xab, 0xcd}};
  write_durably(world.at("etc/sparekeep/agent.toml"), as_bytes("name = \"web1\"\nroot_key = \"" + theirs.hex() + "\"\n")).value();
  CHECK(run(ours) == "it belongs to another central, with the root key abcd00000000..., which has just changed it; leave it to one of them alone");
  CHECK(!std::filesystem::exists(world.at("var/lib/sparekeep/daemon")));
  CHECK(run(theirs) == "changed");
  CHECK(std::filesystem::exists(world.at("var/lib/sparekeep/daemon")));
}

TEST_CASE("uninstall takes nothing of a host that another central has taken meanwhile") {
  ScriptWorld world;
  const PublicKey ours{{1}}, theirs{{0xab, 0xcd}};
  const std::vector<std::string> files{"etc/sparekeep/daemon.toml", "etc/sparekeep/host-id", "var/lib/sparekeep/daemon/tls.key",
                                       "usr/lib/sparekeep/releases/a/sparekeepd", "srv/sparekeep/.sparekeep-storage", "srv/sparekeep/" + std::string(32, 'a') + "/x"};
  for (const std::string& file : files) {
    make_folders(world.at(file).parent_path()).value();
    write_durably(world.at(file), as_bytes("root_key = \"" + theirs.hex() + "\"\n")).value();
  }
  const auto left = [&] { return std::count_if(files.begin(), files.end(), [&](const std::string& file) { return std::filesystem::exists(world.at(file)); }); };
  const Result<std::string> refused = world.run(uninstall_script(world.host, Supervision::folder, ours, true));
  REQUIRE(!refused);
  CHECK(refused.error().text().starts_with("it belongs to another central, with the root key abcd00000000..."));
  CHECK(left() == 6);
  CHECK(world.run(uninstall_script(world.host, Supervision::folder, theirs, true)).has_value());
  CHECK(left() == 0);
}

TEST_CASE("purge takes our files and leaves a user's") {
  ScriptWorld world;
  const std::string vault = "srv/sparekeep/" + std::string(32, 'a');
  for (const std::string& path : {vault + "/x", std::string("srv/sparekeep/photos/1"), std::string("srv/sparekeep/.sparekeep-storage"),
                                 std::string("etc/sparekeep/host-id"), std::string("etc/passwd"), std::string("var/lib/sparekeep/central/format")}) {
    make_folders(world.at(path).parent_path()).value();
    write_durably(world.at(path), as_bytes("x")).value();
  }
  REQUIRE(world.run(ChangeScript(world.host, Supervision::folder).purge()).has_value());
  CHECK(!std::filesystem::exists(world.at(vault)));
  CHECK(!std::filesystem::exists(world.at("etc/sparekeep")));
  CHECK(std::filesystem::exists(world.at("srv/sparekeep/photos/1")));
  CHECK(std::filesystem::exists(world.at("etc/passwd")));
  CHECK(std::filesystem::exists(world.at("var/lib/sparekeep/central/format")));
}

TEST_CASE("purge takes the grace area, too, and so the whole storage folder") {
  ScriptWorld world;
  const std::string vault = std::string(32, 'a');
  for (const std::string& path : {vault + "/ab/x", "grace/" + vault + "/ab/x", std::string(".sparekeep-storage")}) {
    make_folders(world.at("srv/sparekeep/" + path).parent_path()).value();
    write_durably(world.at("srv/sparekeep/" + path), as_bytes("x")).value();
  }
  REQUIRE(world.run(ChangeScript(world.host, Supervision::folder).purge()).has_value());
  CHECK(!std::filesystem::exists(world.at("srv/sparekeep")));
}

TEST_CASE("without the marker a storage folder is nobody's: purge leaves it alone") {
  ScriptWorld world;
  const Path file = world.at("srv/sparekeep/" + std::string(32, 'a') + "/x");
  make_folders(file.parent_path()).value();
  write_durably(file, as_bytes("x")).value();
  REQUIRE(world.run(ChangeScript(world.host, Supervision::folder).purge()).has_value());
  CHECK(std::filesystem::exists(file));
}

TEST_CASE("units are stopped before their files go, and templates are no units to stop") {
  Host host;
  host.name = "web1";
  const std::string text = ChangeScript(host, Supervision::process).remove_units({"sparekeepd.service", "sparekeep-hook.socket", "sparekeep-hook@.service"}).text();
  const std::string removal = "systemctl stop 'sparekeepd.service' 2>/dev/null || true\nsystemctl stop 'sparekeep-hook.socket' 2>/dev/null || true\n"
                              "rm -f '/run/sparekeep/hook.sock' "
                              "'/etc/systemd/system/sparekeepd.service' '/etc/systemd/system/multi-user.target.wants/sparekeepd.service' "
                              "'/etc/systemd/system/sparekeep-hook.socket' '/etc/systemd/system/sockets.target.wants/sparekeep-hook.socket' "
                              "'/etc/systemd/system/sparekeep-hook@.service'\n"
                              "rmdir '/etc/systemd/system/multi-user.target.wants' 2>/dev/null || true\n"
                              "rmdir '/etc/systemd/system/sockets.target.wants' 2>/dev/null || true\nrmdir /run/sparekeep 2>/dev/null || true\n"
                              "[ ! -d /run/systemd/system ] || systemctl daemon-reload\n";
  CHECK(text.find(removal) != std::string::npos);
  CHECK(ChangeScript(host, Supervision::process).remove_units({}).text() == ChangeScript(host, Supervision::process).text());
}

TEST_CASE("units that systemd has not read as their files stand there are stopped before it reads them") {
  Host host;
  host.name = "web1";
  const std::string text = ChangeScript(host, Supervision::systemd).stop_units({"a.socket", "b.service"}).text();
  CHECK(text.find("systemctl stop 'a.socket' 'b.service' 2> /dev/null || true\n") != std::string::npos);
  CHECK(ChangeScript(host, Supervision::systemd).stop_units({}).text() == ChangeScript(host, Supervision::systemd).text());
}

TEST_CASE("what a service logged last is told of a host that is not healthy") {
  ScriptWorld world;
  world.host.roles = {HostRole::storage, HostRole::backup};
  LocalHost access(world.host.name, system_clock());
  CHECK(last_logged(access, world.host, Supervision::folder).empty());
  for (const auto& [log, text] : std::map<std::string, std::string>{{"var/lib/sparekeep/agent/agent.log", "old\nno way\tthere\n"},
                                                                              {"var/lib/sparekeep/daemon/daemon.log", "serving\n"}}) {
    make_folders(world.at(log).parent_path()).value();
    write_durably(world.at(log), as_bytes(text)).value();
  }
  CHECK(last_logged(access, world.host, Supervision::folder) == "; it logged last: serving; old; no way\\x09there");
}
