// Time comes in through this seam. Wall time is nanoseconds since 1970 UTC; steady time never goes back and counts sleep.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace sparekeep {

using Duration = std::chrono::nanoseconds;

struct Time {                       // a moment of wall time
  int64_t nanoseconds = 0;          // since 1970-01-01T00:00:00Z
  auto operator<=>(const Time&) const = default;
  Time operator+(Duration d) const { return {nanoseconds + d.count()}; }
  Time operator-(Duration d) const { return {nanoseconds - d.count()}; }
  Duration operator-(Time other) const { return Duration(nanoseconds - other.nanoseconds); }
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;            // CLOCK_REALTIME: may step
  virtual Duration boot_time() const = 0;  // CLOCK_BOOTTIME: monotonic
  virtual void sleep(Duration duration) = 0;
};

Clock& system_clock();              // the real one; only mains and tests name it

// Until a file that is written now gets another change time than this one: they are the kernel's own, and move in ticks of up to 10 ms. A time
// that lies further ahead is no moment of this clock, and not waited for.
void wait_for_tick_after(int64_t seconds, uint32_t nanoseconds);

// Counts down on boot time. A deadline is passed on whole, so that nested steps share one limit.
class Deadline {
 public:
  Deadline(const Clock& clock, Duration limit) : clock_(&clock), limit_(limit), end_(clock.boot_time() + limit) {}
  Duration limit() const { return limit_; }              // the whole, as messages name it
  Duration left() const { return std::max(Duration(0), end_ - clock_->boot_time()); }
  bool passed() const { return left() == Duration(0); }

 private:
  const Clock* clock_;
  Duration limit_, end_;
};

std::string to_rfc3339(Time time);                       // 2026-11-22T21:05:07Z; fractions are cut
Result<Time> from_rfc3339(std::string_view text);        // the same form, with or without a fraction

}  // namespace sparekeep
