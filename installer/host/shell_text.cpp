#include "installer/host/shell_text.h"

namespace sparekeep::central {

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += "'\\''";
    else out += c;
  }
  return out + "'";
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%";
  return !text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos ? std::string(text) : shell_quoted(text);
}

std::string shell_format(ByteSpan bytes) {
  std::string out = "'";
  for (const uint8_t byte : bytes) {
    out += '\\';
    for (const int shift : {6, 3, 0}) out += static_cast<char>('0' + ((byte >> shift) & 7));
  }
  return out + "'";
}

}  // namespace sparekeep::central
