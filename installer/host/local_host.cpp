#include "installer/host/local_host.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <vector>

#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr int kPollMilliseconds = 100;
constexpr size_t kErrorLinesMax = 4;

struct Pipe {
  Descriptor read, write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("making a pipe", errno);
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// The script lies in a file without a name, so that a long one cannot fill a pipe that nobody reads yet.
Result<Descriptor> script_file(const std::string& script) {
  Descriptor file(::memfd_create("script", MFD_CLOEXEC));
  if (!file) return system_error("keeping a script", errno);
  if (Result<void> written = write_all(file.get(), as_bytes(script)); !written) return written.error();
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return system_error("keeping a script", errno);
  return file;
}

// Its own process group, no signal blocked or ignored, and none of our descriptors: a daemon started by the script outlives us.
Result<pid_t> spawn_shell(int in, int out, int err) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, in, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_adddup2(&actions, err, 2);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  sigset_t none, ignored;
  sigemptyset(&none);
  sigemptyset(&ignored);
  sigaddset(&ignored, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &ignored);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  char shell[] = "/bin/sh", from_input[] = "-s";
  char* arguments[] = {shell, from_input, nullptr};
  pid_t pid = 0;
  const int fault = ::posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (fault != 0) return system_error("starting '/bin/sh'", fault);
  return pid;
}

// Appends what is there; false at the end.
bool take(const Descriptor& from, std::string& to) {
  char buffer[16384];
  const ssize_t count = ::read(from.get(), buffer, sizeof buffer);
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  const size_t room = kScriptOutputMax - std::min(kScriptOutputMax, to.size());
  to.append(buffer, std::min(room, static_cast<size_t>(count)));
  return count > 0;
}

struct ReadEnd {
  Descriptor from;
  std::string* to;
};

// True: both streams ended before the deadline.
bool read_streams(std::vector<ReadEnd> ends, const Deadline& deadline) {
  while (!ends.empty() && !deadline.passed()) {
    std::vector<pollfd> waits;
    for (const ReadEnd& end : ends) waits.push_back({end.from.get(), POLLIN, 0});
    if (::poll(waits.data(), waits.size(), kPollMilliseconds) <= 0) continue;
    for (size_t i = waits.size(); i-- > 0;) {
      if (waits[i].revents != 0 && !take(ends[i].from, *ends[i].to)) ends.erase(ends.begin() + static_cast<ptrdiff_t>(i));
    }
  }
  return ends.empty();
}

int exit_code_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<ScriptResult> LocalHost::run(const std::string& script, Duration limit) {
  const Deadline deadline(clock_, limit);
  Result<Descriptor> in = script_file(script);
  if (!in) return in.error();
  Result<Pipe> out = make_pipe();
  if (!out) return out.error();
  Result<Pipe> err = make_pipe();
  if (!err) return err.error();
  const Result<pid_t> pid = spawn_shell(in->get(), out->write.get(), err->write.get());
  if (!pid) return pid.error();
  out->write.reset();
  err->write.reset();
  ScriptResult result;
  std::vector<ReadEnd> ends;
  ends.push_back({std::move(out->read), &result.out});
  ends.push_back({std::move(err->read), &result.err});
  const bool ended = read_streams(std::move(ends), deadline);
  if (!ended) ::kill(-*pid, SIGKILL);
  result.exit_code = exit_code_of(*pid);
  if (!ended) return Error(ErrorKind::timeout, "a script on " + in_quotes(name_) + " did not end within " + std::to_string(limit / std::chrono::seconds(1)) + " s");
  return result;
}

Result<std::string> output_of(HostAccess& host, const std::string& script, Duration limit) {
  Result<ScriptResult> result = host.run(script, limit);
  if (!result) return result.error();
  if (result->exit_code == 0) return std::move(result->out);
  std::vector<std::string> lines;
  for (std::string& line : split_text(result->err, '\n'))
    if (!line.empty()) lines.push_back(printable(line));
  if (lines.size() > kErrorLinesMax) lines.erase(lines.begin(), lines.end() - kErrorLinesMax);
  if (lines.empty()) lines.push_back("a script exited with " + std::to_string(result->exit_code));
  return Error(ErrorKind::failed, joined(lines, "; "));
}

}  // namespace sparekeep::central
