// A time of a file in messages, to the nanosecond.
#pragma once

#include <ctime>
#include <string>

namespace sparekeep {

std::string time_text(const timespec& time);   // "1234567890.123456789": seconds since 1970, "-0.250000000" before

}  // namespace sparekeep
