// What a TOML file says, as plain values that know where they stand, so that every refusal names its place.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/error.h"

namespace sparekeep {

struct Position {                            // of a key or value; line and column count from 1, columns in characters
  std::shared_ptr<const std::string> file;   // null where a value was made by the program
  uint32_t line = 0;
  uint32_t column = 0;
  std::string text() const;                  // "inventory.toml:3:8", empty for a value made by the program
};

// `FILE:LINE:COLUMN: what; expected`, of kind usage.
Error refusal(const Position& at, std::string_view what, std::string_view expected);

struct ConfigValue;
using ConfigArray = std::vector<ConfigValue>;

struct ConfigEntry;

class ConfigTable {  // keys in the order of the file, each once
 public:
  Position at;

  const std::vector<ConfigEntry>& entries() const { return entries_; }
  std::vector<ConfigEntry>& entries() { return entries_; }
  const ConfigValue* find(std::string_view key) const;          // null where it is missing
  void set(std::string key, Position key_at, ConfigValue value);  // replaces or appends

  // This table with every key of `nearer` over it; tables in tables are overlaid key by key, all else is replaced.
  void overlay(const ConfigTable& nearer);

 private:
  std::vector<ConfigEntry> entries_;
};

struct ConfigValue {
  Position at;
  std::variant<std::string, int64_t, bool, ConfigArray, ConfigTable> data;

  const std::string* text() const { return std::get_if<std::string>(&data); }
  const int64_t* integer() const { return std::get_if<int64_t>(&data); }
  const bool* flag() const { return std::get_if<bool>(&data); }
  const ConfigArray* array() const { return std::get_if<ConfigArray>(&data); }
  const ConfigTable* table() const { return std::get_if<ConfigTable>(&data); }
  std::string_view type_name() const;  // "a string", "an integer", "true or false", "a list", "a table"
};

// What a copy of it costs: one for each key and item, and one more for each 64 bytes of text.
size_t weight_of(const ConfigTable& table);

bool same_content(const ConfigValue& a, const ConfigValue& b);  // without regard to places

struct ConfigEntry {
  std::string key;
  Position key_at;
  ConfigValue value;
};

}  // namespace sparekeep
