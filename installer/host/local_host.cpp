#include "installer/host/local_host.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>

#include "installer/host/script_talk.h"
#include "installer/host/spawn.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr int kPollMilliseconds = 100;
constexpr size_t kPieceMax = 16384;

struct Pipe {
  Descriptor read, write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("making a pipe", errno);
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// Unlike a pipe it can be written to without a signal where nobody reads any more.
Result<Pipe> make_socket() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return system_error("making a socket", errno);
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// What is there goes to `to`; false at the end.
template <typename To>
bool take(const Descriptor& from, const To& to) {
  char buffer[kPieceMax];
  const ssize_t count = ::read(from.get(), buffer, sizeof buffer);
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  to(std::string_view(buffer, static_cast<size_t>(count)));
  return count > 0;
}

// What a script leaves unread is nobody's loss.
void give(Descriptor& to, ScriptTalk& talk) {
  const ByteSpan next = talk.next();
  const ssize_t count = ::send(to.get(), next.data(), std::min(next.size(), kPieceMax), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count > 0) talk.sent(static_cast<size_t>(count));
  if (count < 0 && errno != EINTR && errno != EAGAIN) to.reset();
}

struct ShellEnds {
  Descriptor in, out, err;
};

// True: both streams ended before the deadline.
bool carry(ShellEnds ends, ScriptTalk& talk, const Deadline& deadline) {
  while ((ends.out || ends.err) && !deadline.passed()) {
    if (ends.in && talk.input_ends()) ends.in.reset();
    const bool gives = ends.in && !talk.next().empty();
    pollfd waits[] = {{gives ? ends.in.get() : -1, POLLOUT, 0}, {ends.out.get(), POLLIN, 0}, {ends.err.get(), POLLIN, 0}};
    if (::poll(waits, std::size(waits), kPollMilliseconds) <= 0) continue;
    if (waits[0].revents != 0) give(ends.in, talk);
    if (waits[1].revents != 0 && !take(ends.out, [&](std::string_view bytes) { talk.take_out(bytes); })) ends.out.reset();
    if (waits[2].revents != 0 && !take(ends.err, [&](std::string_view bytes) { talk.take_err(bytes); })) ends.err.reset();
  }
  return !ends.out && !ends.err;
}

int exit_code_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<ScriptResult> LocalHost::run(const ScriptRun& run) {
  const Deadline deadline(clock_, run.limit);
  Result<Pipe> in = make_socket();
  if (!in) return in.error();
  Result<Pipe> out = make_pipe();
  if (!out) return out.error();
  Result<Pipe> err = make_pipe();
  if (!err) return err.error();
  // A daemon started by the script outlives us.
  const Result<pid_t> pid = spawn({.arguments = {"/bin/sh", "-c", script_reader(run.script.size())}, .in = in->read.get(), .out = out->write.get(),
                                   .err = err->write.get()},
                                  "'/bin/sh'");
  if (!pid) return pid.error();
  in->read.reset(), out->write.reset(), err->write.reset();
  ScriptTalk talk(run);
  const bool ended = carry({std::move(in->write), std::move(out->read), std::move(err->read)}, talk, deadline);
  if (!ended) ::kill(-*pid, SIGKILL);
  ScriptResult result = talk.finish(exit_code_of(*pid));
  if (!ended)
    return Error(ErrorKind::timeout, "a script on " + in_quotes(name_) + " did not end within " + std::to_string(run.limit / std::chrono::seconds(1)) + " s");
  if (talk.fault()) return *talk.fault();
  return result;
}

}  // namespace sparekeep::central
