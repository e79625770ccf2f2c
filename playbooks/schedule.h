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

// usage: `'25:00' is not a calendar expression, for example "daily" or "Mon..Fri 02:00"` with the reason in it.
Result<Schedule> parse_schedule(std::string_view text);

}  // namespace sparekeep
