#include "inventory/names.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr size_t kNameLengthMax = 63, kAddressLengthMax = 253;

bool is_ip(int family, std::string_view text) {
  unsigned char address[sizeof(in6_addr)] = {};
  const auto is_set = [](unsigned char byte) { return byte != 0; };     // 0.0.0.0 and "::" stand for no machine that could be reached
  return ::inet_pton(family, std::string(text).c_str(), address) == 1 && std::any_of(std::begin(address), std::end(address), is_set);
}

bool is_label(std::string_view label) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; };
  return !label.empty() && label.size() <= kNameLengthMax && label[0] != '-' && std::all_of(label.begin(), label.end(), fits);
}

bool is_number(std::string_view label) {
  return std::all_of(label.begin(), label.end(), [](unsigned char c) { return std::isdigit(c); });
}

}  // namespace

bool is_address(std::string_view text) {
  if (text.find("${") != std::string_view::npos) return true;
  const auto plain = [](unsigned char c) { return std::isalnum(c) || std::string_view("-._:%").find(static_cast<char>(c)) != std::string_view::npos; };
  if (!std::all_of(text.begin(), text.end(), plain)) return false;
  const size_t zone = text.find('%');
  if (text.find(':') != std::string_view::npos) return zone != text.size() - 1 && is_ip(AF_INET6, text.substr(0, zone));
  const std::string_view name = text.substr(0, text.size() - (text.ends_with('.') ? 1 : 0));
  const std::vector<std::string> labels = split_text(name, '.');
  if (name.size() > kAddressLengthMax || !std::all_of(labels.begin(), labels.end(), is_label)) return false;
  return !is_number(labels.back()) || is_ip(AF_INET, text);
}

bool is_host_name(std::string_view name) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; };
  return !name.empty() && name.size() <= kNameLengthMax && std::isalnum(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), fits);
}

}  // namespace sparekeep
