#include "lib/config/value.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace sparekeep {

std::string Position::text() const {
  if (!file) return {};
  return *file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

Error refusal(const Position& at, std::string_view what, std::string_view expected) {
  std::string text = at.text();
  if (!text.empty()) text += ": ";
  text.append(what).append("; ").append(expected);
  return Error(ErrorKind::usage, text);
}

const ConfigValue* ConfigTable::find(std::string_view key) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const ConfigEntry& entry) { return entry.key == key; });
  return found == entries_.end() ? nullptr : &found->value;
}

void ConfigTable::set(std::string key, Position key_at, ConfigValue value) {
  for (ConfigEntry& entry : entries_) {
    if (entry.key != key) continue;
    entry.key_at = std::move(key_at), entry.value = std::move(value);
    return;
  }
  entries_.push_back({std::move(key), std::move(key_at), std::move(value)});
}

void ConfigTable::overlay(const ConfigTable& nearer) {
  at = nearer.at;
  std::unordered_map<std::string, size_t> places;            // of the keys that are there: a table may have thousands
  for (size_t i = 0; i < entries_.size(); ++i) places.emplace(entries_[i].key, i);
  for (const ConfigEntry& entry : nearer.entries_) {
    const auto place = places.find(entry.key);
    if (place == places.end()) {
      entries_.push_back(entry);
      continue;
    }
    ConfigEntry& below = entries_[place->second];
    auto* table = std::get_if<ConfigTable>(&below.value.data);
    below.key_at = entry.key_at, below.value.at = entry.value.at;
    if (table && entry.value.table()) table->overlay(*entry.value.table());
    else below.value.data = entry.value.data;
  }
}

namespace {

constexpr size_t kTextUnit = 64;

size_t weight_of_value(const ConfigValue& value) {
  if (value.text()) return value.text()->size() / kTextUnit;
  if (value.table()) return weight_of(*value.table());
  size_t weight = 0;
  if (value.array())
    for (const ConfigValue& item : *value.array()) weight += 1 + weight_of_value(item);
  return weight;
}

}  // namespace

size_t weight_of(const ConfigTable& table) {
  size_t weight = 0;
  for (const ConfigEntry& entry : table.entries()) weight += 1 + weight_of_value(entry.value);
  return weight;
}

std::string_view ConfigValue::type_name() const {
  constexpr std::array<std::string_view, 5> kNames{"a string", "an integer", "true or false", "a list", "a table"};
  return kNames[data.index()];
}

bool same_content(const ConfigValue& a, const ConfigValue& b) {
  if (a.data.index() != b.data.index()) return false;
  if (a.text()) return *a.text() == *b.text();
  if (a.integer()) return *a.integer() == *b.integer();
  if (a.flag()) return *a.flag() == *b.flag();
  if (a.array()) return std::equal(a.array()->begin(), a.array()->end(), b.array()->begin(), b.array()->end(), same_content);
  const ConfigTable& left = *a.table();
  const ConfigTable& right = *b.table();
  const auto in_right = [&](const ConfigEntry& entry) {
    const ConfigValue* other = right.find(entry.key);
    return other && same_content(entry.value, *other);
  };
  return left.entries().size() == right.entries().size() && std::all_of(left.entries().begin(), left.entries().end(), in_right);
}

}  // namespace sparekeep
