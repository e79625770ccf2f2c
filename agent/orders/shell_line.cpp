#include "agent/orders/shell_line.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>

#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kOutputKeptMax = 2000;               // the end of what a line printed
constexpr int kLastReadsMax = 64;                     // after its end: what it started may print on for ever
constexpr int kStepMilliseconds = 100;                // between two looks at deadline and `stopped`

constexpr int kGroupsMax = 65536;                     // of one user: NGROUPS_MAX of Linux

struct Account {
  std::string name, home, shell;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

Result<Account> account_of(const std::string& name) {
  const passwd* user = ::getpwnam(name.c_str());
  if (!user) return Error(ErrorKind::failed, "no user " + in_quotes(name) + " on this host");
  Account account{user->pw_name, user->pw_dir, user->pw_shell, user->pw_uid, user->pw_gid, {}};
  int count = 0;
  ::getgrouplist(account.name.c_str(), account.gid, nullptr, &count);
  account.groups.resize(static_cast<size_t>(std::clamp(count, 1, kGroupsMax)));
  count = static_cast<int>(account.groups.size());
  if (::getgrouplist(account.name.c_str(), account.gid, account.groups.data(), &count) < 0)
    return Error(ErrorKind::failed, "the groups of user " + in_quotes(name) + " cannot be listed");
  account.groups.resize(static_cast<size_t>(count));
  return account;
}

// What a line finds in its environment: that of this process, and of a user who they are.
std::vector<std::string> environment_of(const std::optional<Account>& user) {
  std::vector<std::string> variables;
  const auto is_own = [](std::string_view text) {
    return text.starts_with("HOME=") || text.starts_with("USER=") || text.starts_with("LOGNAME=") || text.starts_with("SHELL=");
  };
  for (char** entry = environ; entry && *entry; ++entry)
    if (!user || !is_own(*entry)) variables.emplace_back(*entry);
  if (user) variables.insert(variables.end(), {"HOME=" + user->home, "USER=" + user->name, "LOGNAME=" + user->name, "SHELL=" + user->shell});
  return variables;
}

struct Start {                                        // all that the child needs, made before the fork
  const char* line = nullptr;
  int output = -1, errors = -1;
  const Account* user = nullptr;
  std::vector<char*> environment;
};

// In the child, after fork, of a process with threads: only calls that are safe there (initgroups is not: it takes locks), and never back.
[[noreturn]] void become_line(const Start& start) {
  ::setpgid(0, 0);
  const Account* user = start.user;
  const bool other = user && (user->uid != ::geteuid() || user->gid != ::getegid());
  if (other && (::setgroups(user->groups.size(), user->groups.data()) != 0 || ::setgid(user->gid) != 0 || ::setuid(user->uid) != 0)) ::_exit(kCannotBecome);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO), ::dup2(start.output, STDOUT_FILENO), ::dup2(start.errors, STDERR_FILENO);
  if (nothing > STDERR_FILENO) ::close(nothing);
  for (const int number : {SIGPIPE, SIGTERM, SIGINT, SIGHUP}) std::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execle("/bin/sh", "sh", "-c", start.line, nullptr, start.environment.data());
  ::_exit(127);
}

// No signal comes to the child while it still has this process's handlers: it would be lost. errno is the caller's to read.
pid_t fork_undisturbed() {
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  const pid_t child = ::fork();
  const int error_number = errno;
  if (child != 0) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error_number;
  return child;
}

}  // namespace

Result<ShellLine> ShellLine::start(const Hook& line, Descriptor output) {
  std::optional<Account> user;
  if (!line.user.empty()) {
    Result<Account> known = account_of(line.user);
    if (!known) return known.error();
    user = std::move(*known);
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("starting it", errno);
  Descriptor read_end(ends[0]), write_end(ends[1]);
  std::vector<std::string> variables = environment_of(user);
  Start start{line.run.c_str(), output ? output.get() : write_end.get(), write_end.get(), user ? &*user : nullptr, {}};
  for (std::string& variable : variables) start.environment.push_back(variable.data());
  start.environment.push_back(nullptr);
  const pid_t child = fork_undisturbed();
  if (child < 0) return system_error("starting it", errno);
  if (child == 0) become_line(start);
  ::setpgid(child, child);                            // here too: whoever comes first
  return ShellLine(child, std::move(read_end));
}

ShellLine::ShellLine(pid_t child, Descriptor said)
    : child_(child), said_end_(std::move(said)), ended_(static_cast<int>(::syscall(SYS_pidfd_open, child, 0))) {}

Result<int> ShellLine::wait(const Clock& clock, const LineLimits& limits) {
  const Deadline deadline(clock, limits.deadline);
  std::optional<Deadline> killing;
  std::optional<Error> ended_for;
  int status = 0;
  while (::waitpid(child_, &status, WNOHANG) == 0) {
    read_some(kStepMilliseconds);
    if (killing && killing->passed()) ::kill(-child_, SIGKILL);
    if (killing) continue;
    if (deadline.passed()) ended_for = Error(ErrorKind::timeout, "did not end within " + format_duration(limits.deadline));
    else if (limits.stopped && limits.stopped()) ended_for = Error(ErrorKind::interrupted, "was stopped");
    if (!ended_for) continue;
    killing.emplace(clock, limits.grace);
    ::kill(-child_, SIGTERM);
  }
  if (ended_for) ::kill(-child_, SIGKILL);            // what the line started goes with it, whatever it does with SIGTERM
  for (int i = 0; i < kLastReadsMax && read_some(0); ++i) {
  }
  if (ended_for) return *ended_for;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string ShellLine::said() const { return text_.size() > kOutputKeptMax ? text_.substr(text_.size() - kOutputKeptMax) : text_; }

// false: there was nothing to read in this time.
bool ShellLine::read_some(int milliseconds) {
  pollfd waited[] = {{said_end_.get(), POLLIN, 0}, {ended_.get(), POLLIN, 0}};
  if (::poll(waited, 2, milliseconds) <= 0 || waited[0].revents == 0) return false;
  char buffer[4096];
  const ssize_t got = ::read(said_end_.get(), buffer, sizeof buffer);
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return said_end_.reset(), false;
  text_.append(buffer, static_cast<size_t>(got));
  if (text_.size() > 2 * kOutputKeptMax) text_.erase(0, text_.size() - kOutputKeptMax);
  return true;
}

}  // namespace sparekeep::agent
