#include "installer/central/key_text.h"

#include <algorithm>

#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr size_t kTextMax = 64 * 1024, kLinesMax = 1000;
constexpr std::string_view kDigits = "0123456789abcdef";

std::string_view trimmed(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

int digit_of(uint8_t digit) {
  const size_t at = kDigits.find(static_cast<char>(digit));
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

Error corrupt(std::string text) { return Error(ErrorKind::corrupt, std::move(text)); }

}  // namespace

KeyTextWriter::KeyTextWriter() { bytes_.reserve(kTextMax); }

void KeyTextWriter::raw(std::string_view text) {
  SK_CHECK(bytes_.size() + text.size() <= kTextMax);
  append(bytes_, as_bytes(text));
}

void KeyTextWriter::comment(std::string_view text) { raw("# "), raw(text), raw("\n"); }

void KeyTextWriter::text(std::string_view name, std::string_view value) { raw(name), raw(" = \""), raw(value), raw("\"\n"); }

void KeyTextWriter::secret(std::string_view name, const Secret& value) {
  raw(name), raw(" = \"");
  for (const uint8_t byte : value.reveal()) raw(kDigits.substr(byte >> 4, 1)), raw(kDigits.substr(byte & 15, 1));
  raw("\"\n");
}

Result<KeyText> KeyText::parse(ByteSpan text) {
  if (text.size() > kTextMax) return corrupt("over " + std::to_string(kTextMax) + " bytes");
  KeyText out;
  size_t number = 0;
  for (std::string_view rest = as_text(text); !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (++number > kLinesMax) return corrupt("over " + std::to_string(kLinesMax) + " lines");
    if (line.empty() || line.front() == '#') continue;
    const size_t equals = line.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : trimmed(line.substr(equals + 1));
    const std::string at = "line " + std::to_string(number) + ": ";
    if (value.size() < 2 || value.front() != '"' || value.find('"', 1) != value.size() - 1) return corrupt(at + "expected name = \"value\"");
    const std::string name(trimmed(line.substr(0, equals)));
    if (out.find(name)) return corrupt(at + in_quotes(name) + " stands there twice");
    out.lines_.push_back({.name = name, .value = Secret(as_bytes(value.substr(1, value.size() - 2)))});
  }
  return out;
}

const Secret* KeyText::find(std::string_view name) const {
  const auto at = std::find_if(lines_.begin(), lines_.end(), [&](const Line& line) { return line.name == name; });
  return at == lines_.end() ? nullptr : &at->value;
}

Result<std::string> KeyText::text(std::string_view name) const {
  if (const Secret* value = find(name)) return std::string(as_text(value->reveal()));
  return corrupt(in_quotes(name) + " is missing");
}

Result<Secret> KeyText::secret(std::string_view name, size_t size) const {
  const Secret* hex = find(name);
  if (!hex) return corrupt(in_quotes(name) + " is missing");
  Bytes bytes;
  bytes.reserve(size);
  const ByteSpan digits = hex->reveal();
  for (size_t i = 0; i + 1 < digits.size() && bytes.size() < size; i += 2) {
    const int high = digit_of(digits[i]), low = digit_of(digits[i + 1]);
    if (high < 0 || low < 0) break;
    bytes.push_back(static_cast<uint8_t>(high << 4 | low));
  }
  Secret out(std::move(bytes));
  if (out.size() == size && digits.size() == 2 * size) return out;
  return corrupt(in_quotes(name) + ": expected " + std::to_string(2 * size) + " hexadecimal digits");
}

}  // namespace sparekeep::central
