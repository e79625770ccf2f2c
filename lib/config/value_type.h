// What the value of a key may be: a name for refusals and the reference page, and the conversion that checks it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/units.h"
#include "lib/config/value.h"

namespace sparekeep {

struct KeyDoc {                                // one row of a reference page
  std::string name, type, fallback, documentation;
  bool required = false;
  std::vector<KeyDoc> nested;                  // where the value is a table
};

template <typename V>
struct ValueType {
  std::string name;                            // "an integer from 1 to 65535"
  std::function<V(const ConfigValue& value, std::string_view what)> convert;  // throws usage; `what`: "'port'"
  std::vector<KeyDoc> nested;
};

// `PLACE: WHAT is VALUE; EXPECTED is expected`.
Error wrong_value(const ConfigValue& value, std::string_view what, std::string_view expected);

ValueType<std::string> any_text();
ValueType<std::string> text_that(const std::string& name, std::function<bool(std::string_view)> fits);
ValueType<std::string> absolute_path();        // "/..." or "${...": what a variable gives is checked when it is known
ValueType<bool> flag();
ValueType<int64_t> integer_between(int64_t min, int64_t max);
ValueType<uint64_t> size_in_bytes();
ValueType<Duration> duration();
ValueType<std::map<std::string, std::string>> map_of_texts(const std::string& name, std::function<bool(std::string_view)> key_fits);

template <typename V>
ValueType<V> parsed_text(std::string name, std::function<Result<V>(std::string_view)> parse) {
  return {name, [name, parse](const ConfigValue& value, std::string_view what) -> V {
            if (!value.text()) throw wrong_value(value, what, name);
            Result<V> parsed = parse(*value.text());
            if (!parsed) throw wrong_value(value, what, name);
            return std::move(*parsed);
          }, {}};
}

template <typename V>
ValueType<V> one_of(std::vector<std::pair<std::string, V>> choices) {
  std::string name;
  for (const auto& [text, value] : choices) name += (name.empty() ? "" : &text == &choices.back().first ? " or " : ", ") + ("'" + text + "'");
  const auto find = [choices](std::string_view text) -> Result<V> {
    for (const auto& [choice, value] : choices)
      if (choice == text) return value;
    return Error(ErrorKind::usage, {});
  };
  return parsed_text<V>(name, find);
}

template <typename V>
ValueType<std::vector<V>> list_of(std::string name, ValueType<V> item, size_t at_least = 0) {
  return {name, [name, item, at_least](const ConfigValue& value, std::string_view what) {
            if (!value.array()) throw wrong_value(value, what, name);
            if (value.array()->size() < at_least) throw refusal(value.at, std::string(what) + " is empty", name + " is expected");
            std::vector<V> values;
            for (const ConfigValue& one : *value.array()) values.push_back(item.convert(one, "an item of " + std::string(what)));
            return values;
          }, item.nested};
}

}  // namespace sparekeep
