// JSON for standard output, written piece by piece; nothing here reads JSON. Text is escaped; bytes that are no UTF-8
// become the four characters \xNN, as in messages and in what agents report, so that every line is valid JSON.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sparekeep {

class JsonText {  // one finished JSON value
 public:
  JsonText() : text_("null") {}
  JsonText(std::string_view value);                          // a string, escaped and quoted
  JsonText(const std::string& value) : JsonText(std::string_view(value)) {}
  JsonText(const char* value) : JsonText(std::string_view(value)) {}
  JsonText(std::same_as<bool> auto value) : text_(value ? "true" : "false") {}
  JsonText(std::integral auto value) requires(!std::same_as<decltype(value), bool>) : text_(std::to_string(value)) {}
  JsonText(double value);                                    // null where it is not finite
  JsonText(const std::vector<std::string>& values);          // an array of strings
  static JsonText raw(std::string text);                     // what is JSON already

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class JsonArray {
 public:
  JsonArray& add(const JsonText& value);
  JsonText text() const { return JsonText::raw("[" + items_ + "]"); }
  operator JsonText() const { return text(); }

 private:
  std::string items_;
};

class JsonObject {  // members in the order they were set; a name is set once
 public:
  JsonObject& set(std::string_view name, const JsonText& value);
  JsonText text() const { return JsonText::raw("{" + members_ + "}"); }
  operator JsonText() const { return text(); }

 private:
  std::string members_;
};

}  // namespace sparekeep
