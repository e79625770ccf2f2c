#include "agent/orders/piped_command.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "lib/base/units.h"

namespace sparekeep::agent {

namespace {

constexpr int kStepMilliseconds = 100;                 // between two looks at what else ends the waiting

}  // namespace

Result<Pipe> Pipe::make() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("making a pipe", errno);
  static_cast<void>(::fcntl(ends[0], F_SETPIPE_SZ, kPipeBytes));   // less where a user may have no more: it is slower then, nothing else
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

void PipedCommand::set_output(Descriptor read_end) {
  output_ = std::move(read_end);
  static_cast<void>(::fcntl(output_.get(), F_SETFL, O_NONBLOCK));
}

Result<size_t> PipedCommand::read(MutableSpan to) {
  if (!output_) return size_t{0};
  const Deadline silence(clock_, limits_.silence);
  std::optional<Deadline> left_open;
  while (true) {
    const ssize_t got = ::read(output_.get(), to.data(), to.size());
    if (got > 0) return taken(static_cast<size_t>(got));
    if (got == 0) return ended();
    if (errno != EINTR && errno != EAGAIN) return system_error("reading the output of " + what_, errno);
    if (const Result<void> waiting = check_waiting(silence, left_open); !waiting) return waiting.error();
    pollfd waited{output_.get(), POLLIN, 0};
    static_cast<void>(::poll(&waited, 1, kStepMilliseconds));
  }
}

// Of a command that has ended the pipe can hold no more than it takes: what is behind that somebody else writes, and perhaps for ever.
Result<size_t> PipedCommand::taken(size_t bytes) {
  if (!behind_end_) {
    const Duration now = clock_.boot_time();
    if (now - looked_ < std::chrono::milliseconds(kStepMilliseconds)) return bytes;
    looked_ = now;
    if (is_stopped()) return stopped();
    if (has_ended()) behind_end_ = 0;
    return bytes;
  }
  *behind_end_ += bytes;
  if (*behind_end_ > static_cast<size_t>(kPipeBytes)) return left_running();
  return bytes;
}

Error PipedCommand::left_running() {
  if (const Result<void> well = outcome(); !well) return well.error();
  return Error(ErrorKind::failed, what_ + " has ended and left something running that still holds its output");
}

Result<size_t> PipedCommand::ended() {
  close_output();
  const Result<void> well = outcome();
  return well ? Result<size_t>(0) : well.error();
}

Result<void> PipedCommand::check_waiting(const Deadline& silence, std::optional<Deadline>& left_open) {
  if (is_stopped()) return stopped();
  if (silence.passed()) return Error(ErrorKind::timeout, what_ + " wrote nothing for " + format_duration(limits_.silence));
  if (!left_open && has_ended()) left_open.emplace(clock_, limits_.left_open);
  if (!left_open || !left_open->passed()) return {};
  return left_running();
}

}  // namespace sparekeep::agent
