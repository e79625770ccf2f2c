// The real programs on three hosts below a folder: installed, again, drifted, killed, uninstalled.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>

#include "installer/host/local_host.h"
#include "installer/host/shell_text.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

constexpr Duration kLimit = std::chrono::minutes(3);

const Path kPrograms = std::filesystem::read_symlink("/proc/self/exe").parent_path();

std::string facts_of(const Path& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0) return "gone";
  return std::to_string(facts.st_ino) + " " + std::to_string(facts.st_mtim.tv_sec) + "." + std::to_string(facts.st_mtim.tv_nsec);
}

class Fleet {
 public:
  Fleet() {
    std::ofstream(folder_ / "inventory.toml") << "[defaults]\nconnection = \"local\"\nroot = \"" << folder_.path().native() << "/hosts/${host}\"\n"
                                              << "[groups.storage]\nhosts = [\"store[1:2]\"]\nroles = [\"storage\"]\n"
                                              << "[groups.sources]\nhosts = [\"web\"]\nroles = [\"backup\"]\n";
  }
  ~Fleet() { (void)sparekeep("uninstall --purge --yes"); }
  Fleet(const Fleet&) = delete;

  ScriptResult sparekeep(const std::string& arguments, const Path& programs = kPrograms) const {
    LocalHost here("here", system_clock());
    return here.run({.script = shell_quoted((programs / "sparekeep").native()) + " --state " + shell_quoted((folder_ / "state").native()) + " -i " +
                    shell_quoted((folder_ / "inventory.toml").native()) + " --json " + arguments + " </dev/null\n", .limit = kLimit}).value();
  }
  std::string summary(const ScriptResult& result) const {
    const size_t at = result.out.rfind("{\"type\":\"summary\"");
    return at == std::string::npos ? result.out + result.err : result.out.substr(at);
  }
  // A folder of programs of which one is another.
  Path release(const std::string& name, const std::string& program, const std::string& content) const {
    const Path programs = folder_ / name;
    std::filesystem::create_directory(programs);
    for (const std::string each : {"sparekeep", "sparekeepd", "sparekeep-agent", "libisal.so.2"}) std::filesystem::copy(kPrograms / each, programs / each);
    std::ofstream(programs / program, std::ios::trunc) << content;
    return programs;
  }
  std::string current(const std::string& host) const { return std::filesystem::read_symlink(at(host + "/usr/lib/sparekeep/current")); }
  std::string recovery() const { return folder_ / "recovery"; }
  Path at(const std::string& path) const { return folder_ / "hosts" / path; }
  pid_t pid(const std::string& file) const {
    const Result<std::string> text = read_text(at(file), 100);
    return text ? std::stoi(*text) : 0;
  }

  // Programs, configuration and pid files, with inode and mtime: what a second run must not write.
  std::map<std::string, std::string> written() const {
    std::map<std::string, std::string> files;
    for (const std::string part : {"store1/etc", "store1/usr", "store1/run", "store2/etc", "store2/usr", "store2/run", "web/etc", "web/usr", "web/run"})
      for (const auto& entry : std::filesystem::recursive_directory_iterator(at(part))) files[entry.path()] = facts_of(entry.path());
    return files;
  }

 private:
  TemporaryFolder folder_;
};

std::string counts(const std::string& name, int ok, int changed) {
  return "{\"name\":\"" + name + "\",\"ok\":" + std::to_string(ok) + ",\"changed\":" + std::to_string(changed) +
         ",\"failed\":0,\"unreachable\":0,\"skipped\":0}";
}

std::string hosts(const std::vector<std::string>& each) {
  return "{\"type\":\"summary\",\"hosts\":[" + each[0] + "," + each[1] + "," + each[2] + "]}\n";
}

bool serves(pid_t pid) { return pid > 0 && !std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe").empty(); }

bool gone(pid_t pid) {
  std::error_code fault;
  return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", fault).empty();
}

const std::string kNothing = hosts({counts("store1", 7, 0), counts("store2", 7, 0), counts("web", 7, 0)});

}  // namespace

TEST_CASE("three local hosts, from nothing to nothing") {
  const Fleet fleet;
  REQUIRE(fleet.sparekeep("install").exit_code == 10);
  REQUIRE(fleet.sparekeep("init --recovery-key " + shell_quoted(fleet.recovery())).exit_code == 0);

  const ScriptResult predicted = fleet.sparekeep("install --check --exit-code");
  CHECK(predicted.exit_code == 6);
  CHECK(fleet.summary(predicted) == hosts({counts("store1", 0, 6), counts("store2", 0, 6), counts("web", 0, 5)}));
  CHECK(!std::filesystem::exists(fleet.at("store1")));

  const ScriptResult first = fleet.sparekeep("install");
  CHECK(first.exit_code == 0);
  REQUIRE(fleet.summary(first) == hosts({counts("store1", 1, 6), counts("store2", 1, 6), counts("web", 2, 5)}));
  const std::vector<std::string> files{"store1/run/sparekeepd.pid", "store2/run/sparekeepd.pid", "web/run/sparekeep-agent.pid"};
  for (const std::string& file : files) CHECK(serves(fleet.pid(file)));

  const auto before = fleet.written();
  const ScriptResult second = fleet.sparekeep("install");
  CHECK(second.exit_code == 0);
  CHECK(fleet.summary(second) == kNothing);
  CHECK(fleet.written() == before);
  CHECK(fleet.sparekeep("install --check --exit-code").exit_code == 0);

  std::ofstream(fleet.at("store1/etc/sparekeep/daemon.toml"), std::ios::app) << "# by hand\n";
  const pid_t killed = fleet.pid("store2/run/sparekeepd.pid"), old = fleet.pid("store1/run/sparekeepd.pid");
  REQUIRE(::kill(killed, SIGKILL) == 0);
  while (!gone(killed)) system_clock().sleep(std::chrono::milliseconds(10));
  const ScriptResult mended = fleet.sparekeep("install");
  CHECK(mended.exit_code == 0);
  CHECK(fleet.summary(mended) == hosts({counts("store1", 5, 2), counts("store2", 6, 1), counts("web", 7, 0)}));
  CHECK(fleet.pid("store1/run/sparekeepd.pid") != old);
  CHECK(serves(fleet.pid("store2/run/sparekeepd.pid")));
  CHECK(fleet.summary(fleet.sparekeep("install")) == kNothing);

  std::vector<pid_t> pids;
  for (const std::string& file : files) pids.push_back(fleet.pid(file));
  const ScriptResult refused = fleet.sparekeep("uninstall");
  CHECK(refused.exit_code == 2);
  CHECK(serves(pids[0]));
  CHECK(fleet.sparekeep("uninstall --yes").exit_code == 0);
  for (const pid_t pid : pids) CHECK(gone(pid));
  CHECK(!std::filesystem::exists(fleet.at("store1/usr/lib/sparekeep")));
  CHECK(std::filesystem::exists(fleet.at("store1/srv/sparekeep/.sparekeep-storage")));
  CHECK(fleet.sparekeep("uninstall --yes --purge").exit_code == 0);
  CHECK(!std::filesystem::exists(fleet.at("store1/srv/sparekeep")));
  CHECK(!std::filesystem::exists(fleet.at("store1/etc/sparekeep")));
}

TEST_CASE("private keys that are damaged, or are not those of their certificates, are found and replaced by install") {
  const Fleet fleet;
  REQUIRE(fleet.sparekeep("init --recovery-key " + shell_quoted(fleet.recovery())).exit_code == 0);
  REQUIRE(fleet.sparekeep("install").exit_code == 0);
  const Path cut = fleet.at("store1/var/lib/sparekeep/daemon/tls.key"), foreign = fleet.at("store2/var/lib/sparekeep/daemon/tls.key"),
             recipient = fleet.at("web/var/lib/sparekeep/agent/recipient.key");
  std::filesystem::copy_file(cut, foreign, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::resize_file(cut, 60);
  std::filesystem::resize_file(recipient, 20);

  const ScriptResult predicted = fleet.sparekeep("install --check --exit-code");
  CHECK(predicted.exit_code == 6);
  CHECK(fleet.summary(predicted) == hosts({counts("store1", 4, 2), counts("store2", 4, 2), counts("web", 2, 3)}));
  CHECK(std::filesystem::file_size(cut) == 60);
  const ScriptResult mended = fleet.sparekeep("install");
  CHECK(mended.exit_code == 0);
  CHECK(fleet.summary(mended) == hosts({counts("store1", 5, 2), counts("store2", 5, 2), counts("web", 4, 3)}));
  CHECK(std::filesystem::file_size(recipient) == 32);
  CHECK(fleet.summary(fleet.sparekeep("install")) == kNothing);
}

TEST_CASE("local hosts are upgraded, and go back by themselves from a release that does not start") {
  const Fleet fleet;
  REQUIRE(fleet.sparekeep("init --recovery-key " + shell_quoted(fleet.recovery())).exit_code == 0);
  REQUIRE(fleet.sparekeep("install").exit_code == 0);
  const std::string first = fleet.current("store1");
  const pid_t old = fleet.pid("store1/run/sparekeepd.pid");

  const std::string daemon = read_text(kPrograms / "sparekeepd", 1ull << 30).value();
  const Path other = fleet.release("other", "sparekeepd", daemon + "another");
  const std::string upgraded = hosts({counts("store1", 5, 2), counts("store2", 5, 2), counts("web", 5, 2)});
  CHECK(fleet.summary(fleet.sparekeep("install --check", other)) == hosts({counts("store1", 4, 2), counts("store2", 4, 2), counts("web", 3, 2)}));
  CHECK(fleet.summary(fleet.sparekeep("install", other)) == upgraded);
  const std::string second = fleet.current("store1");
  CHECK(second != first);
  CHECK(gone(old));
  CHECK(fleet.summary(fleet.sparekeep("install", other)) == kNothing);

  const ScriptResult bad = fleet.sparekeep("install --limit store1", fleet.release("bad", "sparekeepd", "#!/bin/sh\necho it is broken >&2\nexit 1\n"));
  CHECK(bad.exit_code == 4);
  CHECK(bad.out.find("did not start: ") != std::string::npos);
  CHECK(bad.out.find("it is broken; sparekeepd ended right after its start") != std::string::npos);
  CHECK(bad.out.find("; release " + second.substr(second.find('/') + 1) + " runs again") != std::string::npos);
  CHECK(serves(fleet.pid("store1/run/sparekeepd.pid")));
  CHECK(fleet.summary(fleet.sparekeep("install", other)) == kNothing);

  CHECK(fleet.summary(fleet.sparekeep("install")) == upgraded);      // back by hand
  CHECK(fleet.current("store1") == first);
}

TEST_CASE("one host failing does not stop the others") {
  const Fleet fleet;
  REQUIRE(fleet.sparekeep("init --recovery-key " + shell_quoted(fleet.recovery())).exit_code == 0);
  std::filesystem::create_directories(fleet.at(""));
  std::ofstream(fleet.at("store1")) << "a file where the root should be\n";
  const ScriptResult result = fleet.sparekeep("install --limit 'store1,web'");
  CHECK(result.exit_code == 4);
  CHECK(fleet.summary(result).find(counts("web", 1, 5)) != std::string::npos);
  CHECK(result.out.find("\"host\":\"store1\",\"state\":\"failed\"") != std::string::npos);
  std::filesystem::remove(fleet.at("store1"));
}

TEST_CASE("root works as the owner of the state, whose SSH files and home these are") {
  const Fleet fleet;
  if (::geteuid() != 0) {
    WARN("skipped: needs root for a state of another owner");
    return;
  }
  REQUIRE(fleet.sparekeep("init --recovery-key " + shell_quoted(fleet.recovery())).exit_code == 0);
  const Path programs = fleet.release("programs", "unused", ""), folder = programs.parent_path();
  const std::string home = folder / "home";
  std::ofstream(folder / "inventory.toml", std::ios::trunc) << "[central]\naddress = \"127.0.0.1\"\nport = 27399\n[hosts.web]\nroles = [\"backup\"]\n";
  LocalHost here("here", system_clock());
  const ScriptRun owned{.script = "set -e\ncd " + shell_quoted(folder.native()) + "\nchmod 755 .\nmkdir -p home/.ssh\n"
                                  "echo 'Host web\n  ProxyCommand echo \"$(id -un) $(id -gn) $HOME\" >&2' > home/.ssh/config\n"
                                  "sed \"s|^games:.*|games:x:5:60:games:$PWD/home:/bin/sh|\" /etc/passwd > passwd\nchown -R 5:60 home state\n",
                         .limit = kLimit};
  output_of(here, owned).value();
  const auto install = [&] {
    return here.run({.script = "cd " + shell_quoted(folder.native()) + "; exec unshare -m sh -c 'mount --bind passwd /etc/passwd && exec programs/sparekeep --state "
                               "state -i inventory.toml install' </dev/null\n", .limit = kLimit}).value();
  };
  const ScriptResult first = install();
  INFO(first.out + first.err);
  CHECK(first.exit_code == 5);
  CHECK(first.out.find("the state belongs to 'games', who logs in to hosts: ~ is '" + home + "'\n") != std::string::npos);
  CHECK(first.out.find("names: games games " + home + "; try by hand to log in there") != std::string::npos);

  output_of(here, {.script = "chown 0:0 " + shell_quoted(home + "/.ssh") + "; chmod 700 " + shell_quoted(home + "/.ssh") + "\n", .limit = kLimit}).value();
  const ScriptResult second = install();
  INFO(second.out + second.err);
  CHECK(second.out.find("reading '" + home + "/.ssh': permission denied; keys, settings and known hosts are expected there") != std::string::npos);
}
