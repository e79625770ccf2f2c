#include "lib/config/toml.h"

#include <algorithm>
#include <cctype>

#include "lib/base/files.h"
#include "lib/base/text.h"
#include "lib/config/limits.h"
#include "lib/config/toml_library.h"

namespace sparekeep {

namespace {

using FileName = std::shared_ptr<const std::string>;

Position position_of(const toml::source_region& source, const FileName& file) { return {file, source.begin.line, source.begin.column}; }

ConfigTable convert_table(const toml::table& table, const Position& at, const FileName& file);

ConfigArray convert_array(const toml::array& array, const Position& at, const FileName& file);

// Throws usage for the types of TOML that nothing here takes.
ConfigValue convert(const toml::node& node, const Position& parent, const FileName& file) {
  Position at = position_of(node.source(), file);
  if (at.line == 0) at = parent;  // a table that only a longer header implies
  if (const auto* text = node.as_string()) return {at, text->get()};
  if (const auto* integer = node.as_integer()) return {at, integer->get()};
  if (const auto* flag = node.as_boolean()) return {at, flag->get()};
  if (const auto* array = node.as_array()) return {at, convert_array(*array, at, file)};
  if (const auto* table = node.as_table()) return {at, convert_table(*table, at, file)};
  const std::string_view type = node.is_floating_point() ? "a fraction" : "a date or time";
  throw refusal(at, "the value is " + std::string(type), "a string, an integer, true or false, a list or a table is expected");
}

ConfigArray convert_array(const toml::array& array, const Position& at, const FileName& file) {
  ConfigArray values;
  values.reserve(array.size());
  for (const toml::node& node : array) values.push_back(convert(node, at, file));
  return values;
}

ConfigTable convert_table(const toml::table& table, const Position& at, const FileName& file) {
  std::vector<ConfigEntry> entries;
  entries.reserve(table.size());
  for (const auto& [key, node] : table) {
    Position key_at = position_of(key.source(), file);
    if (key_at.line == 0) key_at = at;
    ConfigValue value = convert(node, key_at, file);
    entries.push_back({std::string(key.str()), std::move(key_at), std::move(value)});
  }
  const auto earlier = [](const ConfigEntry& a, const ConfigEntry& b) {
    return std::pair(a.key_at.line, a.key_at.column) < std::pair(b.key_at.line, b.key_at.column);
  };
  std::stable_sort(entries.begin(), entries.end(), earlier);
  ConfigTable converted;
  converted.at = at;
  converted.entries() = std::move(entries);
  return converted;
}

Error syntax_error(const toml::parse_error& error, const FileName& file) {
  std::string reason = printable(error.description());
  if (!reason.empty()) reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  return refusal(position_of(error.source(), file), "this is no TOML: " + reason,
                 "'key = value', '[table]' or '[[list of tables]]' is expected");
}

}  // namespace

Result<ConfigTable> parse_toml(std::string_view text, std::string_view file_name) {
  const auto file = std::make_shared<const std::string>(printable(file_name));
  const Result<void> within = check_config_limits(text, file);
  if (!within) return within.error();
  try {
    return convert_table(toml::parse(text), {file, 1, 1}, file);
  } catch (const toml::parse_error& error) {
    return syntax_error(error, file);
  } catch (const Error& error) {
    return error;
  }
}

Result<ConfigTable> read_toml(const std::filesystem::path& file) {
  const Result<std::string> text = read_text(file, kConfigBytesMax);
  if (!text) return Error(ErrorKind::usage, text.error().text());
  return parse_toml(*text, file.string());
}

}  // namespace sparekeep
