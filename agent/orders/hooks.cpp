#include "agent/orders/hooks.h"

#include <fcntl.h>
#include <pwd.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "lib/base/descriptor.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kOutputKeptMax = 2000;               // the end of what a hook printed

// In the child, after fork: only calls that are safe there, and never back.
[[noreturn]] void become_hook(const char* line, int output, const passwd* user) {
  if (user && (::initgroups(user->pw_name, user->pw_gid) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) ::_exit(126);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO), ::dup2(output, STDOUT_FILENO), ::dup2(output, STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execl("/bin/sh", "sh", "-c", line, nullptr);
  ::_exit(127);
}

std::string read_output(int fd) {
  std::string output;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(fd, buffer, sizeof buffer)) != 0;) {
    if (got < 0 && errno != EINTR) break;
    if (got > 0) output.append(buffer, static_cast<size_t>(got));
    if (output.size() > 2 * kOutputKeptMax) output.erase(0, output.size() - kOutputKeptMax);
  }
  return output.size() > kOutputKeptMax ? output.substr(output.size() - kOutputKeptMax) : output;
}

Result<int> run_hook(const Hook& hook, std::string& output) {
  const passwd* user = hook.user.empty() ? nullptr : ::getpwnam(hook.user.c_str());
  if (!hook.user.empty() && !user) return Error(ErrorKind::failed, "no user " + in_quotes(hook.user) + " on this host");
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("starting a hook", errno);
  Descriptor read_end(ends[0]), write_end(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return system_error("starting a hook", errno);
  if (child == 0) become_hook(hook.run.c_str(), write_end.get(), user);
  write_end.reset();
  output = read_output(read_end.get());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<void> run_hooks(const std::vector<Hook>& hooks) {
  for (const Hook& hook : hooks) {
    std::string output;
    const Result<int> code = run_hook(hook, output);
    if (!code) return code.error().during("hook " + in_quotes(hook.run));
    if (*code == kSkipExitCode) return Error(ErrorKind::closed, "hook " + in_quotes(hook.run) + " asks to skip this run");
    if (*code != 0) return Error(ErrorKind::failed, "hook " + in_quotes(hook.run) + " exited with " + std::to_string(*code) + ": " + printable(output));
  }
  return {};
}

}  // namespace sparekeep::agent
