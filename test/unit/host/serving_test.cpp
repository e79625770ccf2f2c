#include "lib/host/serving.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <csignal>
#include <cstdlib>

#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;

namespace {

// A variable of the environment for one test.
struct Variable {
  Variable(const char* variable, const std::string& value) : name(variable) { ::setenv(name, value.c_str(), 1); }
  ~Variable() { ::unsetenv(name); }
  const char* name;
};

Descriptor bound(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path, sizeof address.sun_path - 1);
  Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
  return socket;
}

std::string received(const Descriptor& socket) {
  char text[100];
  const ssize_t got = ::recv(socket.get(), text, sizeof text, MSG_DONTWAIT);
  return got < 0 ? "nothing" : std::string(text, static_cast<size_t>(got));
}

}  // namespace

TEST_CASE("who started the program is told of its life, where it asked for that") {
  notify_supervisor("READY=1");                        // nobody asked
  const TemporaryFolder folder;
  const std::string path = folder / "notify", abstract = "sparekeep-test-" + std::to_string(::getpid());
  const Descriptor named = bound(path), hidden = bound(std::string(1, '\0') + abstract);
  {
    const Variable variable("NOTIFY_SOCKET", path);
    notify_supervisor("READY=1");
  }
  CHECK(received(named) == "READY=1");
  const Variable variable("NOTIFY_SOCKET", "@" + abstract);
  notify_supervisor("STOPPING=1");
  CHECK(received(hidden) == "STOPPING=1");
  CHECK(received(named) == "nothing");
}

TEST_CASE("the pid file lies where its unit may write, and of a host that this machine plays always in its own /run") {
  CHECK(pid_file_path({"/"}, "sparekeepd") == "/run/sparekeepd.pid");
  const Variable variable("RUNTIME_DIRECTORY", "/run/sparekeepd:/run/other");
  CHECK(pid_file_path({"/"}, "sparekeepd") == "/run/sparekeepd/sparekeepd.pid");
  CHECK(pid_file_path({"/tmp/host1"}, "sparekeepd") == "/tmp/host1/run/sparekeepd.pid");
}

TEST_CASE("each of the signals that stop a program is noticed while it is blocked") {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  block_stop_signals();
  CHECK_FALSE(stop_signal_came());
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    REQUIRE(pthread_kill(pthread_self(), signal) == 0);
    CHECK(stop_signal_came());
    CHECK(wait_for_stop_signal() == (signal == SIGINT));
    CHECK_FALSE(stop_signal_came());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("a program is told that a central is there and that its settings changed, and serves on") {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  block_stop_signals();
  std::string told;
  REQUIRE(pthread_kill(pthread_self(), SIGUSR2) == 0);
  const auto reread = [&] {
    told += "settings ";
    REQUIRE(pthread_kill(pthread_self(), SIGUSR1) == 0);
  };
  const auto wake = [&] {
    told += "central";
    REQUIRE(pthread_kill(pthread_self(), SIGTERM) == 0);
  };
  CHECK(!wait_for_stop_signal(wake, reread));
  CHECK(told == "settings central");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("a pid file that is renewed is no older than what was written before") {
  const TemporaryFolder folder;
  PidFile pid(folder / "p.pid");
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  std::filesystem::last_write_time(folder / "p.pid", long_ago);
  pid.renew();
  CHECK(std::filesystem::last_write_time(folder / "p.pid") > long_ago + std::chrono::minutes(59));
  CHECK(read_text(folder / "p.pid", 100).value() == std::to_string(::getpid()) + "\n");
}
