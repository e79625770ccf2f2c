// How the blocking client waits: for a descriptor, for a deadline and for close() of another thread, all at once.
#pragma once

#include <poll.h>

#include <atomic>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/base/descriptor.h"
#include "lib/net/channel.h"

namespace sparekeep {

// One wait inside a send: the phase's own limit, and what its message says when it passes.
struct Phase {
  Duration limit;
  std::string_view text;          // "no answer within"
  std::string_view name;          // "first byte"
};

class Waiter {
 public:
  Waiter();
  void interrupt();                                     // any thread
  void rearm();                                         // forgets an interrupt
  bool interrupted() const { return interrupted_; }

  Result<void> pause(Duration duration) const;          // closed when interrupted

  // The events (POLLIN, POLLOUT) that are there now; timeout when the phase or the whole passed, closed when interrupted.
  Result<short> wait(int fd, short events, const Deadline& phase_end, const Phase& phase, const Deadline& whole) const;

 private:
  Descriptor wake_;               // an eventfd
  std::atomic<bool> interrupted_ = false;
};

Error passed(const Phase& phase);
constexpr short events_of(Need need) { return need == Need::writable ? POLLOUT : POLLIN; }

}  // namespace sparekeep
