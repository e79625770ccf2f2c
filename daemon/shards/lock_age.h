// The clock of lock times: a sum, kept on disk, of the time that this daemon has run. Each step adds the smaller of what
// the wall clock and the boot clock say has passed, never a negative amount; time switched off does not count. So no step of
// a clock, and nobody who can set one, makes a lock end early.
#pragma once

#include <mutex>

#include "lib/base/clock.h"

namespace sparekeep::daemon {

class LockAge {
 public:
  LockAge(Clock& clock, Duration so_far) : clock_(clock), age_(so_far), wall_(clock.now()), boot_(clock.boot_time()) {}

  // Adds what has passed since the last call; the sum. Its caller keeps it on disk.
  Duration advance();
  Duration now() const;

 private:
  Clock& clock_;
  mutable std::mutex mutex_;
  Duration age_;
  Time wall_;
  Duration boot_;
};

}  // namespace sparekeep::daemon
