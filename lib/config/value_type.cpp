#include "lib/config/value_type.h"

#include "lib/base/text.h"

namespace sparekeep {

namespace {

std::string shown(const ConfigValue& value) {
  if (value.text()) return in_quotes(*value.text());
  if (value.integer()) return std::to_string(*value.integer());
  if (value.flag()) return *value.flag() ? "true" : "false";
  return std::string(value.type_name());
}

}  // namespace

Error wrong_value(const ConfigValue& value, std::string_view what, std::string_view expected) {
  return refusal(value.at, std::string(what) + " is " + shown(value), std::string(expected) + " is expected");
}

ValueType<std::string> text_that(const std::string& name, std::function<bool(std::string_view)> fits) {
  return {name,
          [name, fits = std::move(fits)](const ConfigValue& value, std::string_view what) {
            if (!value.text() || !fits(*value.text())) throw wrong_value(value, what, name);
            return *value.text();
          },
          {}};
}

ValueType<std::string> any_text() {
  return text_that("a string", [](std::string_view text) { return text.find('\0') == std::string_view::npos; });
}

ValueType<std::string> absolute_path() {
  return text_that("an absolute path", [](std::string_view text) {
    return (text.starts_with('/') || text.starts_with("${")) && text.find('\0') == std::string_view::npos;
  });
}

ValueType<bool> flag() {
  return {"true or false",
          [](const ConfigValue& value, std::string_view what) {
            if (!value.flag()) throw wrong_value(value, what, "true or false");
            return *value.flag();
          },
          {}};
}

ValueType<int64_t> integer_between(int64_t min, int64_t max) {
  const std::string name = "an integer from " + std::to_string(min) + " to " + std::to_string(max);
  return {name,
          [name, min, max](const ConfigValue& value, std::string_view what) {
            if (!value.integer() || *value.integer() < min || *value.integer() > max) throw wrong_value(value, what, name);
            return *value.integer();
          },
          {}};
}

ValueType<uint64_t> size_in_bytes() { return parsed_text<uint64_t>("a size such as \"200 GiB\"", parse_size); }

ValueType<Duration> duration() { return parsed_text<Duration>("a duration such as \"30d\" or \"5m\"", parse_duration); }

ValueType<std::map<std::string, std::string>> map_of_texts(const std::string& name, std::function<bool(std::string_view)> key_fits) {
  return {name,
          [name, key_fits = std::move(key_fits)](const ConfigValue& value, std::string_view what) {
            if (!value.table()) throw wrong_value(value, what, name);
            std::map<std::string, std::string> texts;
            for (const ConfigEntry& entry : value.table()->entries()) {
              if (!key_fits(entry.key))
                throw refusal(entry.key_at, in_quotes(entry.key) + " cannot be a key of " + std::string(what), name + " is expected");
              texts[entry.key] = any_text().convert(entry.value, in_quotes(entry.key));
            }
            return texts;
          },
          {}};
}

}  // namespace sparekeep
