#include "lib/config/interpolate.h"

#include <algorithm>
#include <cctype>

#include "lib/base/suggestion.h"
#include "lib/base/text.h"
#include "lib/config/limits.h"

namespace sparekeep {

namespace {

Error undefined(std::string_view name, const Position& at, const Variables& variables) {
  std::vector<std::string> known;
  for (const auto& [one, value] : variables.values) known.push_back(one);
  const std::string what = "'${" + printable(name) + "}' is not defined for " + variables.owner;
  const std::string nearest = nearest_name(name, known);
  if (!nearest.empty()) return refusal(at, what, "did you mean '${" + nearest + "}'?");
  return refusal(at, what, "a name in 'vars' of the inventory or 'host' is expected");
}

void count_growth(size_t text_bytes, size_t value_bytes, const Position& at, const Variables& variables) {
  if (text_bytes > kInterpolatedTextMax)
    throw refusal(at, "the text is too long once its variables are known", "expected at most " + std::to_string(kInterpolatedTextMax) + " bytes");
  if (!variables.bytes_left) return;
  if (value_bytes > *variables.bytes_left)
    throw refusal(at, "the values of variables are too long where they stand", "expected at most " + std::to_string(kInterpolatedBytesMax) + " bytes in all texts");
  *variables.bytes_left -= value_bytes;
}

void interpolate_value(ConfigValue& value, const Variables& variables) {
  if (auto* text = std::get_if<std::string>(&value.data)) *text = interpolate(*text, value.at, variables);
  if (auto* array = std::get_if<ConfigArray>(&value.data))
    for (ConfigValue& item : *array) interpolate_value(item, variables);
  if (auto* table = std::get_if<ConfigTable>(&value.data)) interpolate_table(*table, variables);
}

}  // namespace

std::string interpolate(std::string_view text, const Position& at, const Variables& variables) {
  std::string out;
  while (true) {
    const size_t begin = text.find("${");
    out += text.substr(0, begin);
    if (begin == std::string_view::npos) return out;
    text.remove_prefix(begin + 2);
    if (out.ends_with('$')) {
      out += '{';
      continue;
    }
    const size_t end = text.find('}');
    if (end == std::string_view::npos)
      throw refusal(at, "'${' without '}'", "'${name}', or '$${' for the characters themselves, is expected");
    const auto found = variables.values.find(std::string(text.substr(0, end)));
    if (found == variables.values.end()) throw undefined(text.substr(0, end), at, variables);
    out += found->second;
    count_growth(out.size(), found->second.size(), at, variables);
    text.remove_prefix(end + 1);
  }
}

void interpolate_table(ConfigTable& table, const Variables& variables) {
  for (ConfigEntry& entry : table.entries()) interpolate_value(entry.value, variables);
}

bool is_variable_name(std::string_view name) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '_'; };
  return !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0])) && std::all_of(name.begin(), name.end(), fits);
}

}  // namespace sparekeep
