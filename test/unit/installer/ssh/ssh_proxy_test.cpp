// Through a ProxyCommand and a ProxyJump of ~/.ssh/config: a host that answers, one that says nothing, a proxy that fails.
#include <dirent.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "installer/host/local_host.h"
#include "lib/base/stop_signals.h"
#include "lib/base/text.h"
#include "test/support/catch.h"
#include "test/unit/installer/ssh/silent_agent.h"
#include "test/unit/installer/ssh/test_sshd.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

constexpr Duration kLimit = std::chrono::seconds(30);

// As the command line runs it: Interruption has these signals blocked in every thread.
class BlockedSignals {
 public:
  BlockedSignals() : stopping_(stop_signals()) { pthread_sigmask(SIG_BLOCK, &stopping_, &before_); }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;

 private:
  const sigset_t stopping_;
  sigset_t before_{};
};

// Processes whose command line names this.
size_t processes_now_with(const std::string& word) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    count += text.find(word) != std::string::npos ? 1 : 0;
  }
  return count;
}

// The same after a moment: what was killed and is no child of ours goes by itself.
size_t processes_with(const std::string& word) {
  const Deadline deadline(system_clock(), std::chrono::seconds(2));
  size_t left = 0;
  while ((left = processes_now_with(word)) > 0 && !deadline.passed()) system_clock().sleep(std::chrono::milliseconds(20));
  return left;
}

struct World {
  // The ssh that a ProxyJump starts has no settings but those of this world.
  World() {
    const std::string path = std::getenv("PATH");
    const Path programs = Path(sshd.home()) / "programs";
    std::filesystem::create_directory(programs);
    std::ofstream(programs / "ssh") << "#!/bin/sh\nexec /usr/bin/ssh -F " << sshd.home() << "/jump_config \"$@\"\n";
    std::filesystem::permissions(programs / "ssh", std::filesystem::perms::owner_all);
    ::setenv("PATH", (programs.native() + ":" + path).c_str(), 1);
    std::ofstream(Path(sshd.home()) / "jump_config") << "IdentityFile " << sshd.key("taken") << "\nIdentitiesOnly yes\nUserKnownHostsFile "
                                                     << sshd.known_hosts().native() << "\n";
    before_ = path;
  }
  ~World() { ::setenv("PATH", before_.c_str(), 1); }
  World(const World&) = delete;

  Result<ScriptResult> run(const std::string& way, uint16_t port) {
    std::ofstream(Path(sshd.home()) / ".ssh/config", std::ios::trunc) << "Host web1\n  " << way << "\n";
    SshTarget target = sshd.target();
    target.port = port;
    SshHost host(target, ring, {}, system_clock());
    return host.run({.script = "echo reached\n", .limit = kLimit});
  }
  std::string jump() const { return "ProxyJump " + *sshd.target().user + "@127.0.0.1:" + std::to_string(sshd.port()); }
  std::string command() const {
    return "ProxyCommand ssh -p " + std::to_string(sshd.port()) + " -W '[%h]:%p' " + *sshd.target().user + "@127.0.0.1";
  }

  const BlockedSignals blocked;
  TestSshd sshd;
  std::string told = {};
  KeyRing ring{AskSecret(), false, {.tell = [this](int, const std::string& text) { told += text + "\n"; }}};

 private:
  std::string before_;
};

std::string refusal(const Result<ScriptResult>& result) {
  REQUIRE(!result);
  CHECK(result.error().kind() == ErrorKind::unreachable);
  return result.error().text();
}

}  // namespace

TEST_CASE("a host behind another one is reached, and nothing of the way is left when it is through") {
  World world;
  for (const std::string& way : {world.jump(), world.command(), std::string("ProxyCommand exec ssh -W %h:%p -p %p %r@%h  # of '%n', 100%%")}) {
    INFO(way);
    const Result<ScriptResult> result = world.run(way, world.sshd.port());
    REQUIRE(result);
    CHECK(result->out == "reached\n");
    CHECK(processes_with(world.sshd.home()) == 0);
  }
  CHECK(world.told.find(" through a proxy by the key '") != std::string::npos);
  CHECK(world.told.find("ssh -") == std::string::npos);            // the command may hold a password
}

TEST_CASE("a host behind another one that says nothing holds nobody up, and leaves no process") {
  World world;
  const DumbListener silent;
  const Path script = Path(world.sshd.home()) / "programs/stays";
  std::ofstream(script) << "trap '' TERM HUP\necho waiting >&2\n(while :; do sleep 100; done) &\ncat > /dev/null\nwait\n";
  const std::string stays = "ProxyCommand sh " + script.native();
  for (const std::string& way : {world.jump(), world.command(), stays}) {
    INFO(way);
    const Duration begun = system_clock().boot_time();
    const std::string text = refusal(world.run(way, silent.port()));
    CHECK(text == "no SSH session through the proxy that ~/.ssh/config names: no answer within 10.0 s (key exchange)" +
                      std::string(way == stays ? ", waiting" : "") + "; try by hand to log in there with ssh");
    CHECK(system_clock().boot_time() - begun < std::chrono::seconds(13));
    CHECK(processes_with(world.sshd.home()) == 0);
  }
}

TEST_CASE("what a proxy has to say itself is told") {
  World world;
  CHECK(refusal(world.run("ProxyCommand echo 'no way there.' >&2; exit 1", 22)) ==
        "no SSH session through the proxy that ~/.ssh/config names: no way there; try by hand to log in there with ssh");
  CHECK(refusal(world.run("ProxyCommand nc %q", 22)) == "the ProxyCommand of ~/.ssh/config: after % one of h, n, p, r and % is expected");
  const std::string unknown = refusal(world.run("ProxyJump root@127.0.0.2:" + std::to_string(world.sshd.port()), 22));
  CHECK(unknown.find("onnection refused") != std::string::npos);
}

TEST_CASE("an agent that says nothing is left out, also by a proxy") {
  World world;
  const SilentAgent agent;
  ::setenv("SSH_AUTH_SOCK", agent.path().c_str(), 1);
  KeyRing ring(AskSecret(), false, {.path = agent.path()});
  std::ofstream(Path(world.sshd.home()) / ".ssh/config") << "Host jumped\n  " << world.jump() << "\n  HostName 127.0.0.1\n";
  std::filesystem::copy(world.sshd.key("taken"), Path(world.sshd.home()) / ".ssh/id_ed25519");
  for (const std::string name : {"web1", "jumped"}) {
    SshTarget target = world.sshd.target();
    target.name = name, target.identity.clear();
    SshHost host(target, ring, {}, system_clock());
    CHECK(host.run({.script = "echo reached\n", .limit = kLimit})->out == "reached\n");
  }
  ::unsetenv("SSH_AUTH_SOCK");
}

TEST_CASE("a command that is interrupted ends its proxies, which a destructor would not") {
  World world;
  const DumbListener silent;
  const Path script = Path(world.sshd.home()) / "programs/stays";
  std::ofstream(script) << "trap '' TERM HUP INT\n(while :; do sleep 100; done) &\nwhile :; do sleep 100; done\n";
  std::thread waits([&] { CHECK(!world.run("ProxyCommand sh " + script.native(), silent.port())); });
  const Deadline begun(system_clock(), std::chrono::seconds(5));
  while (processes_now_with(script.native()) == 0 && !begun.passed()) system_clock().sleep(std::chrono::milliseconds(20));
  CHECK(processes_now_with(script.native()) > 0);
  world.ring.proxies().end_all();
  CHECK(processes_with(script.native()) == 0);
  waits.join();
}
