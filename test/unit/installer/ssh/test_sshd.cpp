#include "test/unit/installer/ssh/test_sshd.h"

#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "installer/host/local_host.h"
#include "installer/host/shell_text.h"
#include "lib/base/files.h"
#include "lib/net/endpoint.h"
#include "test/support/catch.h"

namespace sparekeep::central {

namespace {

constexpr Duration kLimit = std::chrono::seconds(60);
constexpr int kSkipped = 77;

std::string user_name() {
  const passwd* user = ::getpwuid(::getuid());
  return user ? user->pw_name : "root";
}

// A whole program that needs it is skipped, by the exit code that ctest knows; under CI=true that is a failure.
void need_sshd(const Path& scratch) {
  if (std::filesystem::exists("/usr/sbin/sshd") && std::filesystem::exists("/usr/bin/ssh-keygen")) return;
  const char* automatic = std::getenv("CI");
  if (automatic && std::string_view(automatic) == "true") FAIL("there is no sshd here; install openssh-server");
  std::cerr << "skipped: there is no sshd here; install openssh-server\n";
  std::filesystem::remove_all(scratch);
  std::_Exit(kSkipped);
}

}  // namespace

std::string TestSshd::shell(const std::string& script) const {
  LocalHost here("here", system_clock());
  return output_of(here, {.script = "set -e\ncd " + shell_quoted(folder_.path().native()) + "\n" + script, .limit = kLimit}).value();
}

TestSshd::TestSshd(const std::string& more_settings) : port_(free_port().value()) {
  need_sshd(folder_.path());
  shell("mkdir .ssh\nfor key in taken refused host; do ssh-keygen -q -t ed25519 -N '' -f $key; done\nssh-keygen -q -t ed25519 -N open -f locked\n"
        "cat taken.pub locked.pub > authorized_keys\n");
  std::ofstream(folder_ / "sshd_config") << "Port " << port_ << "\nListenAddress 127.0.0.1\nHostKey " << folder_ / "host" << "\nPidFile " << folder_ / "pid"
                                         << "\nAuthorizedKeysFile " << folder_ / "authorized_keys"
                                         << "\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
                                         << "KbdInteractiveAuthentication no\nPermitRootLogin yes\nLogLevel VERBOSE\n"
                                         << more_settings;
  start();
  shell("echo \"[127.0.0.1]:" + std::to_string(port_) + " $(cut -d' ' -f1,2 host.pub)\" > .ssh/known_hosts\n");
}

void TestSshd::start() {
  shell("[ \"$(id -u)\" != 0 ] || mkdir -p /run/sshd\n/usr/sbin/sshd -f sshd_config -E log < /dev/null\n"
        "for try in 1 2 3 4 5 6 7 8 9; do [ -s pid ] && exit 0; sleep 0.1; done\ncat log >&2; exit 1\n");
}

void TestSshd::stop() { shell("[ ! -s pid ] || kill $(cat pid)\nrm -f pid\n"); }

TestSshd::~TestSshd() { stop(); }

void TestSshd::change_host_key() {
  stop();
  shell("rm host host.pub; ssh-keygen -q -t ed25519 -N '' -f host\n");
  start();
}

std::string TestSshd::fingerprint() const {
  const std::string text = shell("ssh-keygen -l -f host.pub | cut -d' ' -f2\n");
  return text.substr(0, text.find('\n'));
}

SshTarget TestSshd::target() const {
  return {.name = "web1", .address = "127.0.0.1", .user = user_name(), .port = port_, .identity = key("taken"), .home = home()};
}

DumbListener::DumbListener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(socket_.get(), 8) == 0);
  REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
}

}  // namespace sparekeep::central
