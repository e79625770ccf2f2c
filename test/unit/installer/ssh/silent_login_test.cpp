// Agents that hold a login up: one of ~/.ssh/config that says nothing, one that lists its keys and signs for nobody.
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "installer/ssh/agent_watch.h"
#include "test/support/catch.h"
#include "test/unit/installer/ssh/silent_agent.h"
#include "test/unit/installer/ssh/test_sshd.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

constexpr Duration kLimit = std::chrono::seconds(30), kAgentLimit = std::chrono::seconds(2);

Bytes from_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes out;
  uint32_t bits = 0, count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = (bits << 6) | static_cast<uint32_t>(kDigits.find(c)), count += 6;
    if (count >= 8) count -= 8, out.push_back(static_cast<uint8_t>(bits >> count));
  }
  return out;
}

void add_number(Bytes& to, size_t number) {
  for (const int shift : {24, 16, 8, 0}) to.push_back(static_cast<uint8_t>(number >> shift));
}

// Lists one key, and answers nothing else.
class NeverSigning {
 public:
  explicit NeverSigning(const std::string& public_key) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    std::ifstream file(public_key);
    std::string type, text;
    file >> type >> text;
    const Bytes key = from_base64(text);
    add_number(answer_, 1 + 4 + 4 + key.size() + 4);
    answer_.push_back(12);                           // SSH2_AGENT_IDENTITIES_ANSWER
    add_number(answer_, 1), add_number(answer_, key.size());
    answer_.insert(answer_.end(), key.begin(), key.end());
    add_number(answer_, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    SK_CHECK(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(socket_.get(), 8) == 0);
    thread_ = std::jthread([this](const std::stop_token& stopping) { serve(stopping); });
  }
  std::string path() const { return folder_ / "agent"; }

 private:
  void serve(const std::stop_token& stopping) {
    std::vector<int> connections;                    // never closed: libssh loses memory where an agent goes away in the middle
    while (!stopping.stop_requested()) {
      pollfd wait{socket_.get(), POLLIN, 0};
      if (::poll(&wait, 1, 20) > 0) connections.push_back(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      for (const int connection : connections) answer(connection);
    }
  }
  void answer(int connection) {
    std::array<uint8_t, 4096> request;
    const ssize_t size = ::recv(connection, request.data(), request.size(), MSG_DONTWAIT);
    if (size >= 5 && request[4] == 11) (void)::send(connection, answer_.data(), answer_.size(), MSG_NOSIGNAL);
  }

  TemporaryFolder folder_;
  Descriptor socket_;
  Bytes answer_;
  std::jthread thread_;
};

struct World {
  World() { std::filesystem::copy(sshd.key("taken"), Path(sshd.home()) / ".ssh/id_ed25519"); }
  std::string run(const std::string& agent) {
    std::ofstream(Path(sshd.home()) / ".ssh/config", std::ios::trunc) << "Host web1\n  IdentityAgent " << agent << "\n";
    SshTarget target = sshd.target();
    target.identity.clear();
    SshHost host(target, ring, {}, system_clock());
    const Result<ScriptResult> result = host.run({.script = "echo reached\n", .limit = kLimit});
    return result ? result->out : result.error().text();
  }

  TestSshd sshd;
  std::string warned;
  KeyRing ring{AskSecret(), false, {.path = "", .warn = [this](const std::string& text) { warned += text; }, .limit = kAgentLimit}};
};

}  // namespace

TEST_CASE("an agent of ~/.ssh/config that says nothing is left out, and the login goes on without it") {
  World world;
  std::ofstream(Path(world.sshd.home()) / ".ssh/id_ed25519", std::ios::trunc) << "no key\n";   // so that the agent is asked first
  const SilentAgent agent;
  const Duration begun = system_clock().boot_time();
  CHECK(world.run(agent.path()).starts_with("it refuses '"));
  CHECK(system_clock().boot_time() - begun < std::chrono::seconds(8));
  CHECK(world.warned == "the ssh agent for 'web1' has not answered within 2.0 s and is left out, as any other; start it anew, or unset SSH_AUTH_SOCK and IdentityAgent "
                        "of ~/.ssh/config");
  CHECK(world.run(agent.path()).starts_with("it refuses '"));
  CHECK(system_clock().boot_time() - begun < std::chrono::seconds(8));
}

TEST_CASE("so is one that never signs, and a key in ~/.ssh is taken") {
  World world;
  const NeverSigning agent(world.sshd.key("taken") + ".pub");
  ::setenv("SSH_AUTH_SOCK", agent.path().c_str(), 1);
  CHECK(world.run(agent.path()) == "reached\n");
  CHECK(world.warned.starts_with("the ssh agent for 'web1' has not answered within 2.0 s and is left out"));
  ::unsetenv("SSH_AUTH_SOCK");
}

TEST_CASE("a login that waits while an agent goes on for other hosts is not held up") {
  World world;
  std::ofstream(Path(world.sshd.home()) / ".ssh/id_ed25519", std::ios::trunc) << "no key\n";
  CHECK(world.run("none").starts_with("it refuses '"));
  CHECK(*world.ring.agent_step_ended() != 0);
  const auto waits = [&](bool others) {
    const auto call = std::make_shared<WatchedCall>();
    call->last_ended = world.ring.agent_step_ended();
    call->step_began = system_clock().boot_time().count();
    const auto work = [call, others]() -> Result<int> {
      for (int step = 0; step < 20; ++step) {
        system_clock().sleep(std::chrono::milliseconds(100));
        if (others) *call->last_ended = system_clock().boot_time().count();
      }
      return 0;
    };
    return watched(call, system_clock(), std::chrono::seconds(1), work).has_value();
  };
  CHECK(waits(true));
  CHECK(!waits(false));
}
