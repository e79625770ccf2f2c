#include "lib/base/clock.h"

#include <ctime>
#include <thread>

namespace sparekeep {

namespace {

int64_t read_clock(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class SystemClock final : public Clock {
 public:
  Time now() const override { return {read_clock(CLOCK_REALTIME)}; }
  Duration boot_time() const override { return Duration(read_clock(CLOCK_BOOTTIME)); }
  void sleep(Duration duration) override { std::this_thread::sleep_for(duration); }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

std::string to_rfc3339(Time time) {
  int64_t seconds = time.nanoseconds / 1'000'000'000;
  if (time.nanoseconds % 1'000'000'000 < 0) --seconds;
  const time_t whole = seconds;
  tm parts{};
  gmtime_r(&whole, &parts);
  char text[64];
  return {text, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

Result<Time> from_rfc3339(std::string_view text) {
  tm parts{};
  const std::string copy(text);
  const char* end = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  int64_t fraction = 0, scale = 100'000'000;
  if (end && *end == '.')
    for (++end; *end >= '0' && *end <= '9'; ++end, scale /= 10) fraction += (*end - '0') * scale;
  if (!end || std::string_view(end) != "Z")
    return Error(ErrorKind::corrupt, "'" + copy + "' is not a time in RFC 3339 UTC, for example 2026-11-22T21:05:07Z");
  return Time{int64_t{timegm(&parts)} * 1'000'000'000 + fraction};
}

}  // namespace sparekeep
