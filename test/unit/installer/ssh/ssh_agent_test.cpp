// Agents that are there, that are not, and one that takes a connection and says nothing.
#include "installer/ssh/ssh_agent.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "installer/host/local_host.h"
#include "installer/host/shell_text.h"
#include "installer/ssh/key_ring.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"
#include "test/unit/installer/ssh/silent_agent.h"

using namespace sparekeep;
using namespace sparekeep::central;

TEST_CASE("an agent that says nothing, or takes no connection, is found out in time, once for all hosts") {
  const SilentAgent agent;
  std::string warned;
  KeyRing ring(AskSecret(), false, {.path = agent.path(), .warn = [&](const std::string& text) { warned += text; }});
  const Duration begun = system_clock().boot_time();
  CHECK(ring.agent_is_silent(system_clock()));
  CHECK(ring.agent_is_silent(system_clock()));
  const Duration took = system_clock().boot_time() - begun;
  CHECK(took >= kAgentAnswerLimit);
  CHECK(took < kAgentAnswerLimit * 2);
  CHECK(warned == "the ssh agent at '" + agent.path() + "' has not answered within 5.0 s and is left out; start it anew, or unset SSH_AUTH_SOCK");

  std::vector<Descriptor> waiting;
  while (true) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    agent.path().copy(address.sun_path, sizeof address.sun_path - 1);
    waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    REQUIRE(waiting.size() < 100);
    if (::connect(waiting.back().get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) break;
  }
  CHECK(!agent_answers(agent.path(), system_clock()));
}

TEST_CASE("an agent that works, and a place where none is") {
  const TemporaryFolder folder;
  CHECK(agent_answers(folder / "none", system_clock()));
  std::ofstream(folder / "file") << "x";
  CHECK(agent_answers(folder / "file", system_clock()));
  CHECK(agent_answers(std::string(200, 'x'), system_clock()));

  LocalHost here("here", system_clock());
  const std::string socket = folder / "agent";
  const Result<std::string> started = output_of(here, {.script = "ssh-agent -a " + shell_quoted(socket) + " | sed -n 's/^SSH_AGENT_PID=\\([0-9]*\\).*/\\1/p'\n",
                                                       .limit = std::chrono::seconds(20)});
  REQUIRE(started);
  const pid_t pid = std::stoi(*started);
  CHECK(agent_answers(socket, system_clock()));
  ::kill(pid, SIGTERM);
}
