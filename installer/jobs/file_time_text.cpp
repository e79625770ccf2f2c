#include "installer/jobs/file_time_text.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace sparekeep::central {

namespace {

using ToFields = std::tm* (*)(const std::time_t*, std::tm*);

std::string text_of(const FileTime& time, ToFields to_fields, const char* form) {
  constexpr int first_year = 1900, last_of_four_digits = 9999;
  const std::time_t seconds = time.seconds;
  std::tm fields{};
  const bool known = to_fields(&seconds, &fields) != nullptr && fields.tm_year >= -first_year && fields.tm_year <= last_of_four_digits - first_year;
  if (!known) return "@" + std::to_string(time.seconds);
  std::array<char, 32> year{}, rest{};
  std::snprintf(year.data(), year.size(), "%04d", fields.tm_year + first_year);
  return year.data() + std::string(rest.data(), std::strftime(rest.data(), rest.size(), form, &fields));
}

}  // namespace

std::string local_text(const FileTime& time) { return text_of(time, localtime_r, "-%m-%d %H:%M:%S"); }
std::string rfc3339_text(const FileTime& time) { return text_of(time, gmtime_r, "-%m-%dT%H:%M:%SZ"); }

}  // namespace sparekeep::central
