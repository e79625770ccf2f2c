#include "lib/base/units.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace sparekeep {

namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

constexpr std::array<Unit, 10> kSizeUnits{{{"", 1}, {"B", 1}, {"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30},
                                           {"TiB", 1ull << 40}, {"KB", 1'000}, {"MB", 1'000'000}, {"GB", 1'000'000'000},
                                           {"TB", 1'000'000'000'000}}};
constexpr std::array<Unit, 6> kTimeUnits{{{"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000},
                                          {"d", 86'400'000'000'000}, {"w", 604'800'000'000'000}}};

template <size_t N>
Result<uint64_t> parse_quantity(std::string_view text, const std::array<Unit, N>& units, uint64_t max, std::string_view expected) {
  const Error refusal(ErrorKind::usage, "'" + std::string(text) + "' is not " + std::string(expected));
  uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc()) return refusal;
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const Unit& known : units) {
    uint64_t value = 0;
    if (known.name != unit) continue;
    if (__builtin_mul_overflow(number, known.factor, &value) || value > max) return refusal;
    return value;
  }
  return refusal;
}

std::string print(const char* format, double value, const char* unit) {
  char text[64];
  std::snprintf(text, sizeof text, format, value, unit);
  return text;
}

}  // namespace

Result<uint64_t> parse_size(std::string_view text) {
  return parse_quantity(text, kSizeUnits, INT64_MAX, "a size, for example \"200 GiB\"");
}

Result<Duration> parse_duration(std::string_view text) {
  Result<uint64_t> value = parse_quantity(text, kTimeUnits, INT64_MAX, "a duration, for example \"30d\" or \"5m\"");
  if (!value) return value.error();
  return Duration(static_cast<int64_t>(*value));
}

std::string format_size(uint64_t bytes) {
  constexpr std::array<const char*, 5> kNames{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  size_t step = 0;
  for (; value >= 1024 && step + 1 < kNames.size(); ++step) value /= 1024;
  return print(step == 0 ? "%.0f %s" : "%.1f %s", value, kNames[step]);
}

std::string format_duration(Duration duration) {
  const double seconds = static_cast<double>(duration.count()) / 1e9;
  if (seconds < 1) return print("%.0f %s", seconds * 1000, "ms");
  if (seconds < 60) return print("%.1f %s", seconds, "s");
  const auto whole = static_cast<int64_t>(seconds);
  if (whole < 3600) return std::to_string(whole / 60) + " m " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " m";
}

}  // namespace sparekeep
