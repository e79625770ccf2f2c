// Sizes and durations as people write them, both ways.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/clock.h"

namespace sparekeep {

Result<uint64_t> parse_size(std::string_view text);      // "200 GiB", "64KiB", "5 GB", "123" (bytes)
Result<Duration> parse_duration(std::string_view text);  // "30d", "5m", "12h", "2s", "200ms", "2w"
std::string format_size(uint64_t bytes);                 // "1.3 GiB", "512 B"
std::string format_duration(Duration duration);          // "2.4 s", "3 m 12 s", "5 h 2 m"

}  // namespace sparekeep
