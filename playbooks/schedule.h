// When a job is due: a systemd calendar expression (systemd.time(7)), parsed and validated.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

namespace sparekeep {

struct CalendarRange {                       // first, first + step, ... up to last; step 0: first alone
  uint32_t first = 0, last = 0, step = 0;
  bool operator==(const CalendarRange&) const = default;
};

using CalendarField = std::vector<CalendarRange>;  // empty: any value

struct Schedule {
  std::string text;                          // as written
  uint8_t weekdays = 0x7f;                   // bit 0 is Monday
  CalendarField years, months, days;
  bool days_from_end = false;                // `~`: days count back from the month's last
  CalendarField hours, minutes, seconds;     // never empty after parsing unless any value fits
  std::string zone;                          // "UTC", "Europe/Vienna"; empty: the central's local time
};

// usage: the error's text is the reason alone: "the hour '25' is not 0 to 23".
Result<Schedule> parse_schedule(std::string_view text);

}  // namespace sparekeep
