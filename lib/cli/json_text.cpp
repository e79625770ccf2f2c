#include "lib/cli/json_text.h"

#include <cmath>
#include <cstdio>

#include "lib/base/utf8.h"

namespace sparekeep {

namespace {

void append_control(std::string& out, char c) {
  char text[8];
  std::snprintf(text, sizeof text, "\\u%04x", static_cast<unsigned>(static_cast<uint8_t>(c)));
  out += text;
}

void append_character(std::string& out, std::string_view character) {
  const char c = character[0];
  if (c == '"' || c == '\\')
    out += '\\', out += c;
  else if (c == '\n')
    out += "\\n";
  else if (c == '\t')
    out += "\\t";
  else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f)
    append_control(out, c);
  else
    out += character;
}

}  // namespace

JsonText::JsonText(std::string_view value) : text_("\"") {
  const std::string text = as_utf8(value);
  for (std::string_view left = text; !left.empty(); left.remove_prefix(utf8_length(left))) append_character(text_, left.substr(0, utf8_length(left)));
  text_ += '"';
}

JsonText::JsonText(double value) : text_("null") {
  if (!std::isfinite(value)) return;
  char text[64];
  std::snprintf(text, sizeof text, "%.6g", value);
  text_ = text;
}

JsonText::JsonText(const std::vector<std::string>& values) {
  JsonArray array;
  for (const std::string& value : values) array.add(value);
  text_ = array.text().text();
}

JsonText JsonText::raw(std::string text) {
  JsonText value;
  value.text_ = std::move(text);
  return value;
}

JsonArray& JsonArray::add(const JsonText& value) {
  if (!items_.empty()) items_ += ',';
  items_ += value.text();
  return *this;
}

JsonObject& JsonObject::set(std::string_view name, const JsonText& value) {
  if (!members_.empty()) members_ += ',';
  members_ += JsonText(name).text() + ":" + value.text();
  return *this;
}

}  // namespace sparekeep
