#include "lib/net/target.h"

#include <optional>

#include "lib/base/text.h"

namespace sparekeep {
namespace {

constexpr size_t kQueryNamesMax = 32;

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f || c == '#') return std::nullopt;
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = digit_of(text[i + 1]), low = digit_of(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return std::nullopt;
    out += c;
  }
  return out;
}

bool has_control(std::string_view text) {
  for (char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  return false;
}

// nullopt: not a segment that we take. Only the last one may be empty ("/v1/").
std::optional<std::string> decoded_segment(std::string_view raw, bool last) {
  std::optional<std::string> segment = percent_decoded(raw);
  if (!segment || (segment->empty() && !last) || *segment == "." || *segment == "..") return std::nullopt;
  if (segment->find('/') != std::string::npos || has_control(*segment)) return std::nullopt;
  return segment;
}

std::optional<std::string> decoded_path(std::string_view raw) {
  if (!raw.starts_with('/')) return std::nullopt;
  std::string path;
  raw.remove_prefix(1);
  while (true) {
    const size_t slash = raw.find('/');
    const bool last = slash == std::string_view::npos;
    std::optional<std::string> segment = decoded_segment(raw.substr(0, slash), last);
    if (!segment) return std::nullopt;
    path += '/' + *segment;
    if (last) return path;
    raw.remove_prefix(slash + 1);
  }
}

std::optional<Query> decoded_query(std::string_view raw) {
  Query query;
  if (raw.empty()) return query;
  for (const std::string& pair : split_text(raw, '&')) {
    const size_t equals = pair.find('=');
    std::optional<std::string> name = percent_decoded(std::string_view(pair).substr(0, equals));
    std::optional<std::string> value = equals == std::string::npos ? "" : percent_decoded(std::string_view(pair).substr(equals + 1));
    if (!name || name->empty() || !value || query.size() == kQueryNamesMax) return std::nullopt;
    if (!query.emplace(std::move(*name), std::move(*value)).second) return std::nullopt;
  }
  return query;
}

void append_encoded(std::string& out, std::string_view text, std::string_view also_plain) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~";
  for (char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || kPlain.find(c) != std::string_view::npos || also_plain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%', out += kDigits[byte >> 4], out += kDigits[byte & 15];
  }
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
  const size_t mark = text.find('?');
  std::optional<std::string> path = decoded_path(text.substr(0, mark));
  std::optional<Query> query = decoded_query(mark == std::string_view::npos ? std::string_view() : text.substr(mark + 1));
  if (path && query) return Target{std::move(*path), std::move(*query)};
  return Error(ErrorKind::usage, in_quotes(text) + " is not a target; expected /segments?name=value without empty or dot segments, "
                                 "control bytes, encoded slashes or a name twice");
}

std::string print_target(std::string_view path, const Query& query) {
  std::string out;
  append_encoded(out, path, "/:");
  char separator = '?';
  for (const auto& [name, value] : query) {
    out += separator;
    append_encoded(out, name, "");
    out += '=';
    append_encoded(out, value, "/:");
    separator = '&';
  }
  return out;
}

}  // namespace sparekeep
