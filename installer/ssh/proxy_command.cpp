#include "installer/ssh/proxy_command.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <map>
#include <vector>

#include "installer/host/spawn.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr int kGraceMilliseconds = 500;            // to end by itself
constexpr size_t kErrorsMax = 64 * 1024;           // as much as a pipe takes

Result<std::string> with_tokens_replaced(const ProxyTarget& target) {
  const std::map<char, std::string> tokens{{'%', "%"}, {'h', target.host}, {'n', target.name}, {'p', std::to_string(target.port)}, {'r', target.user}};
  std::string out;
  for (size_t i = 0; i < target.command.size(); ++i) {
    if (target.command[i] != '%') {
      out += target.command[i];
      continue;
    }
    const auto found = ++i < target.command.size() ? tokens.find(target.command[i]) : tokens.end();
    if (found == tokens.end()) return Error(ErrorKind::failed, "the ProxyCommand of ~/.ssh/config: after % one of h, n, p, r and % is expected");
    out += found->second;
  }
  return out;
}

std::vector<std::string> environment_of(const ProxyTarget& target) {
  std::vector<std::string> out{"HOME=" + target.home};
  for (char** each = environ; *each; ++each) {
    const std::string_view setting = *each;
    if (setting.starts_with("HOME=") || (target.without_agent && setting.starts_with("SSH_AUTH_SOCK="))) continue;
    out.emplace_back(setting);
  }
  return out;
}

// By the user's shell, as ssh does it.
std::vector<std::string> arguments_of(const std::string& command) {
  const char* shell = std::getenv("SHELL");  // NOLINT(concurrency-mt-unsafe): nothing here sets the environment
  return {shell && *shell == '/' ? shell : "/bin/sh", "-c", (command.starts_with("exec ") ? "" : "exec ") + command};
}

}  // namespace

// What nobody reads of its standard error is not to hold it up: that end does not block either.
Result<ProxyCommand> ProxyCommand::start(const ProxyTarget& target, Proxies& proxies) {
  Result<std::string> command = with_tokens_replaced(target);
  if (!command) return command.error();
  std::array<int, 2> sockets{}, pipes{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0) return system_error("making a socket", errno);
  Descriptor ours(sockets[0]);
  const Descriptor theirs(sockets[1]);
  if (::pipe2(pipes.data(), O_CLOEXEC | O_NONBLOCK) != 0) return system_error("making a pipe", errno);
  Descriptor errors(pipes[0]);
  const Descriptor errors_end(pipes[1]);
  ::fcntl(ours.get(), F_SETFL, O_RDWR | O_NONBLOCK);
  ProxyCommand proxy(std::move(*command), std::move(ours), std::move(errors));
  // A session of its own: what asks for passphrases finds no terminal and says so, since its questions and those of other hosts would take each
  // other's answers.
  const Result<pid_t> pid = spawn({.arguments = arguments_of(proxy.command_), .environment = environment_of(target), .in = theirs.get(), .out = theirs.get(),
                                   .err = errors_end.get(), .own_session = true},
                                  "the shell for the proxy");
  if (!pid) return pid.error();
  proxy.pid_ = *pid, proxy.proxies_ = &proxies;
  proxies.add(*pid);
  return proxy;
}

ProxyCommand::ProxyCommand(ProxyCommand&& other) noexcept
    : command_(std::move(other.command_)), socket_(std::move(other.socket_)), errors_(std::move(other.errors_)), pid_(std::exchange(other.pid_, 0)),
      proxies_(other.proxies_) {}

// Not reaped before the last kill: until then its number, which is its group's, too, is nobody else's.
ProxyCommand::~ProxyCommand() {
  if (pid_ == 0) return;
  socket_.reset();
  ::kill(-pid_, SIGTERM);
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd ended{process.get(), POLLIN, 0};
  if (process) ::poll(&ended, 1, kGraceMilliseconds);
  ::kill(-pid_, SIGKILL);
  proxies_->remove(pid_);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string ProxyCommand::last_words() const {
  std::string text(kErrorsMax, '\0');
  const ssize_t count = ::read(errors_.get(), text.data(), text.size());
  text.resize(count > 0 ? static_cast<size_t>(count) : 0);
  std::string last;
  for (std::string& line : split_text(text, '\n')) {
    while (line.ends_with('\r') || line.ends_with('.')) line.pop_back();
    if (!line.empty()) last = printable(line);
  }
  return last;
}

}  // namespace sparekeep::central
