// Times of files for people and machines. File systems keep what no nanosecond counter holds (before 1677, after 2262), and years that no calendar text does.
#pragma once

#include <string>

#include "lib/base/file_entry.h"

namespace sparekeep::central {

// Fractions are cut. "@SECONDS" since 1970 where the year is none of 0000 .. 9999.
std::string local_text(const FileTime& time);        // 2400-06-15 12:00:00, where the command runs
std::string rfc3339_text(const FileTime& time);      // 2400-06-15T12:00:00Z

}  // namespace sparekeep::central
