#include "lib/base/hex.h"

namespace sparekeep {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Error not_base64() { return Error(ErrorKind::corrupt, "not base64 with padding"); }

}  // namespace

std::string to_hex(ByteSpan bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (uint8_t byte : bytes) text += kHexDigits[byte >> 4], text += kHexDigits[byte & 15];
  return text;
}

Result<Bytes> from_hex(std::string_view text) {
  const Error refusal(ErrorKind::corrupt, "'" + std::string(text.substr(0, 80)) + "' is not hexadecimal (lower case, even length)");
  if (text.size() % 2) return refusal;
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const size_t high = kHexDigits.find(text[i]), low = kHexDigits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return refusal;
    bytes.push_back(static_cast<uint8_t>(high << 4 | low));
  }
  return bytes;
}

std::string to_base64(ByteSpan bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (j < have ? bytes[i + j] : 0u);
    for (size_t j = 0; j < 4; ++j) text += j <= have ? kBase64Digits[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

Result<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4) return not_base64();
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  Bytes bytes;
  uint32_t group = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t digit = i >= text.size() - padding ? 0 : kBase64Digits.find(text[i]);
    if (digit == std::string_view::npos) return not_base64();
    group = group << 6 | static_cast<uint32_t>(digit);
    if (i % 4 == 3)
      for (int shift = 16; shift >= 0; shift -= 8) bytes.push_back(static_cast<uint8_t>(group >> shift));
  }
  bytes.resize(bytes.size() - padding);
  if (to_base64(bytes) != text) return not_base64();
  return bytes;
}

}  // namespace sparekeep
