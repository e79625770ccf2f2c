#include "lib/archive/time_text.h"

#include <algorithm>
#include <cstdint>

namespace sparekeep {

// The kernel counts nanoseconds forward from the second before: a quarter of a second before 1970 is -1 s and 750,000,000 ns.
std::string time_text(const timespec& time) {
  constexpr long second = 1'000'000'000;
  const bool turned = time.tv_sec < 0 && time.tv_nsec > 0;
  const int64_t seconds = turned ? int64_t{time.tv_sec} + 1 : int64_t{time.tv_sec};
  const std::string fraction = std::to_string(turned ? second - time.tv_nsec : time.tv_nsec);
  return (turned && seconds == 0 ? "-" : "") + std::to_string(seconds) + "." + std::string(9 - std::min<size_t>(fraction.size(), 9), '0') + fraction;
}

}  // namespace sparekeep
