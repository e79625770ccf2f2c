#include "lib/net/waiter.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <string>

namespace sparekeep {
namespace {

int milliseconds_of(Duration left) {
  constexpr int64_t kStepMax = 3'600'000;
  const int64_t count = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::min(count, kStepMax));
}

std::string text_of(Duration duration) {
  const int64_t count = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms";
}

}  // namespace

Waiter::Waiter() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_) throw system_error("making an eventfd", errno);
}

void Waiter::interrupt() {
  interrupted_ = true;
  eventfd_write(wake_.get(), 1);
}

void Waiter::rearm() {
  eventfd_t ignored = 0;
  eventfd_read(wake_.get(), &ignored);
  interrupted_ = false;
}

Result<void> Waiter::pause(Duration duration) const {
  pollfd wake{wake_.get(), POLLIN, 0};
  if (::poll(&wake, 1, milliseconds_of(duration)) > 0) return Error(ErrorKind::closed, "the connection was closed here");
  return {};
}

Result<short> Waiter::wait(int fd, short events, const Deadline& phase_end, const Phase& phase, const Deadline& whole) const {
  while (true) {
    const Duration left = std::min(phase_end.left(), whole.left());
    pollfd both[2] = {{wake_.get(), POLLIN, 0}, {fd, events, 0}};
    const int count = ::poll(both, 2, milliseconds_of(left));
    if (count < 0 && errno != EINTR) return system_error("poll", errno);
    if (count > 0 && both[0].revents != 0) return Error(ErrorKind::closed, "the connection was closed here");
    if (count > 0) return both[1].revents;
    if (count == 0 && milliseconds_of(left) < 3'600'000) {
      if (phase_end.left() > whole.left()) return passed({whole.limit(), "not done within", "whole"});
      return passed(phase);
    }
  }
}

Error passed(const Phase& phase) {
  return Error(ErrorKind::timeout, std::string(phase.text) + " " + text_of(phase.limit) + " (" + std::string(phase.name) + ")");
}

}  // namespace sparekeep
