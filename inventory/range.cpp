#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "inventory/selection.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

struct Bounds {
  uint32_t first = 0, last = 0;
  size_t width = 0;  // zeros in front up to this many digits
  bool letters = false;
};

bool is_digits(std::string_view text) {
  return !text.empty() && text.size() <= 6 && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

std::optional<Bounds> parse_bounds(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view first = text.substr(0, colon), last = text.substr(colon + 1);
  Bounds bounds;
  if (is_digits(first) && is_digits(last)) {
    std::from_chars(first.data(), first.data() + first.size(), bounds.first);
    std::from_chars(last.data(), last.data() + last.size(), bounds.last);
    if (first.size() > 1 && first[0] == '0') bounds.width = first.size();
    return bounds;
  }
  const auto is_letter = [](std::string_view one) { return one.size() == 1 && std::isalpha(static_cast<unsigned char>(one[0])); };
  if (!is_letter(first) || !is_letter(last)) return std::nullopt;
  return Bounds{static_cast<uint8_t>(first[0]), static_cast<uint8_t>(last[0]), 0, true};
}

std::string numbered(uint32_t number, const Bounds& bounds) {
  if (bounds.letters) return std::string(1, static_cast<char>(number));
  std::string digits = std::to_string(number);
  if (digits.size() < bounds.width) digits.insert(0, bounds.width - digits.size(), '0');
  return digits;
}

constexpr std::string_view kRangeExpected = "; a range such as 'store[1:6]' is expected";

Error no_range(std::string_view text, const std::string& reason) {
  return Error(ErrorKind::usage, in_quotes(text) + " " + reason + std::string(kRangeExpected));
}

}  // namespace

Result<std::vector<std::string>> expand_range(std::string_view text) {
  const size_t open = text.find('['), colon = text.find(':', std::min(open, text.size()));
  if (open == std::string_view::npos || colon == std::string_view::npos) return std::vector<std::string>{std::string(text)};
  const size_t close = text.find(']', open);
  const std::optional<Bounds> bounds =
      close == std::string_view::npos ? std::nullopt : parse_bounds(text.substr(open + 1, close - open - 1));
  if (!bounds) return no_range(text, "is no range");
  if (bounds->last < bounds->first) return no_range(text, "ends before it begins");
  if (bounds->last - bounds->first >= kRangeMax) return no_range(text, "stands for more than " + std::to_string(kRangeMax) + " names");
  std::vector<std::string> names;
  for (uint32_t number = bounds->first; number <= bounds->last; ++number)
    names.push_back(std::string(text.substr(0, open)) + numbered(number, *bounds) + std::string(text.substr(close + 1)));
  return names;
}

}  // namespace sparekeep
