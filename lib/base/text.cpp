#include "lib/base/text.h"

#include <fnmatch.h>

#include <cstdint>

#include "lib/base/utf8.h"

namespace sparekeep {

namespace {

void append_escaped(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<uint8_t>(c);
  out += "\\x", out += kDigits[byte >> 4], out += kDigits[byte & 15];
}

// Characters that are not seen and change the order in which others are, or the line: a name could look like another one.
bool moves_text(std::string_view character) {
  if (character.size() == 2) return character == "\xd8\x9c";
  if (character.size() != 3 || character[0] != '\xe2') return false;
  const auto second = static_cast<uint8_t>(character[1]), third = static_cast<uint8_t>(character[2]);
  if (second == 0x81) return third >= 0xa6 && third <= 0xa9;                 // isolates: U+2066 to U+2069
  return second == 0x80 && (third == 0x8e || third == 0x8f || (third >= 0xa8 && third <= 0xae));   // marks, separators and embeddings: U+200E, U+2028 to U+202E
}

}  // namespace

std::string printable(std::string_view value) {
  std::string out;
  while (!value.empty()) {
    const size_t length = utf8_length(value);
    const auto first = static_cast<uint8_t>(value[0]);
    const bool c1_control = length == 2 && first == 0xc2 && static_cast<uint8_t>(value[1]) < 0xa0;
    if (length == 0 || first < 0x20 || first == 0x7f || c1_control || moves_text(value.substr(0, length))) {
      append_escaped(out, value[0]);
      value.remove_prefix(1);
      continue;
    }
    out += value.substr(0, length);
    value.remove_prefix(length);
  }
  return out;
}

std::string in_quotes(std::string_view value) { return "'" + printable(value) + "'"; }

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (&part != parts.data()) out += separator;
    out += part;
  }
  return out;
}

std::vector<std::string> split_text(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool matches_glob(std::string_view pattern, std::string_view name) {
  return fnmatch(std::string(pattern).c_str(), std::string(name).c_str(), 0) == 0;
}

}  // namespace sparekeep
