#include "lib/base/clock.h"

#include <ctime>
#include <thread>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr int64_t kTickMax = 10'000'000;              // nanoseconds
constexpr int kTickLooksMax = 20;
constexpr size_t kWholeSeconds = sizeof "2026-11-22T21:05:07" - 1;

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

void wait_for_tick_after(int64_t seconds, uint32_t nanoseconds) {
  for (int look = 0; look < kTickLooksMax; ++look) {
    timespec now{};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (seconds < now.tv_sec - 1 || seconds > now.tv_sec + 1) return;
    const int64_t ahead = (seconds - now.tv_sec) * 1'000'000'000 + nanoseconds - now.tv_nsec;
    if (ahead < 0 || ahead > kTickMax) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
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
  const Error refusal(ErrorKind::corrupt, in_quotes(text) + " is not a time in RFC 3339 UTC, for example 2026-11-22T21:05:07Z");
  if (text.size() < kWholeSeconds + 1 || !text.ends_with('Z')) return refusal;
  tm parts{};
  const std::string whole(text.substr(0, kWholeSeconds));
  strptime(whole.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  Time time;
  if (__builtin_mul_overflow(int64_t{timegm(&parts)}, int64_t{1'000'000'000}, &time.nanoseconds)) return refusal;
  if (to_rfc3339(time) != whole + "Z") return refusal;  // strptime takes blanks, single digits and the 31st of February

  const std::string_view fraction = text.substr(kWholeSeconds, text.size() - kWholeSeconds - 1);
  if (fraction.empty()) return time;
  if (!fraction.starts_with('.') || fraction.size() < 2) return refusal;
  int64_t nanoseconds = 0, scale = 100'000'000;
  for (char digit : fraction.substr(1)) {
    if (digit < '0' || digit > '9') return refusal;
    nanoseconds += (digit - '0') * scale, scale /= 10;
  }
  if (__builtin_add_overflow(time.nanoseconds, nanoseconds, &time.nanoseconds)) return refusal;
  return time;
}

}  // namespace sparekeep
