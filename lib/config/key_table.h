// A table of keys: one row a key, from which come parsing, the refusal of unknown keys and wrong types, and the reference
// page. T is the struct that a TOML table becomes.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "lib/config/value_type.h"

namespace sparekeep {

struct KeyNote {
  std::string documentation;                   // one line
  std::string fallback;                        // what holds where the key is missing; for the reference page
  bool required = false;
};

template <typename T>
struct KeyRow {
  KeyDoc doc;
  std::function<void(const ConfigValue& value, T& into)> read;  // throws usage
};

// The value becomes the field; what the type gives must convert to the field's type.
template <typename T, typename V, typename W>
KeyRow<T> key(std::string name, V T::*field, ValueType<W> type, KeyNote note) {
  KeyDoc doc{name, type.name, note.fallback, note.documentation, note.required, type.nested};
  return {doc, [field, type, what = "'" + name + "'"](const ConfigValue& value, T& into) {
            into.*field = static_cast<V>(type.convert(value, what));
          }};
}

Error unknown_key(const ConfigEntry& entry, std::string_view table, const std::vector<std::string>& known);
Error missing_key(const Position& at, std::string_view table, const KeyDoc& key);

template <typename T>
class KeyTable {
 public:
  KeyTable(std::string name, std::vector<KeyRow<T>> rows) : name_(std::move(name)), rows_(std::move(rows)) {}

  // Throws usage at the first fault in the order of the file. Keys that are missing leave their fields alone.
  void read_into(T& into, const ConfigTable& table) const {
    read_given(into, table);
    for (const KeyRow<T>& row : rows_)
      if (row.doc.required && !table.find(row.doc.name)) throw missing_key(table.at, name_, row.doc);
  }
  // The same, but required keys may be missing (defaults).
  void read_given(T& into, const ConfigTable& table) const {
    for (const ConfigEntry& entry : table.entries()) row_of(entry).read(entry.value, into);
  }
  T read(const ConfigTable& table) const {
    T into;
    read_into(into, table);
    return into;
  }

  const std::string& name() const { return name_; }  // "a host"; for messages
  std::vector<KeyDoc> docs() const {
    std::vector<KeyDoc> docs;
    for (const KeyRow<T>& row : rows_) docs.push_back(row.doc);
    return docs;
  }

 private:
  const KeyRow<T>& row_of(const ConfigEntry& entry) const {
    const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const KeyRow<T>& row) { return row.doc.name == entry.key; });
    if (found != rows_.end()) return *found;
    std::vector<std::string> known;
    for (const KeyRow<T>& row : rows_) known.push_back(row.doc.name);
    throw unknown_key(entry, name_, known);
  }

  std::string name_;
  std::vector<KeyRow<T>> rows_;
};

// A table in a table.
template <typename T>
ValueType<T> table_of(KeyTable<T> keys) {
  const std::vector<KeyDoc> docs = keys.docs();
  return {"a table", [keys = std::move(keys)](const ConfigValue& value, std::string_view what) {
            if (!value.table()) throw wrong_value(value, what, "a table");
            return keys.read(*value.table());
          }, docs};
}

}  // namespace sparekeep
