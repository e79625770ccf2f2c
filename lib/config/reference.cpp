#include "lib/config/reference.h"

namespace sparekeep {

namespace {

std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

void append_rows(std::string& page, const std::vector<KeyDoc>& keys, const std::string& prefix) {
  for (const KeyDoc& key : keys) {
    const std::string fallback = key.required ? "required" : key.fallback;
    page += "| `" + prefix + key.name + "` | " + cell(key.type) + " | " + cell(fallback) + " | " + cell(key.documentation) + " |\n";
    append_rows(page, key.nested, prefix + key.name + ".");
  }
}

}  // namespace

std::string reference_page(const std::string& title, const std::vector<ReferenceSection>& sections) {
  std::string page =
      "# " + title + "\n\n<!-- Generated from the key tables in the code; `SK_ACCEPT=1` with the tests writes it anew. -->\n";
  for (const ReferenceSection& section : sections) {
    page += "\n## " + section.heading + "\n\n";
    if (!section.introduction.empty()) page += section.introduction + "\n\n";
    page += "| key | value | default | meaning |\n| --- | --- | --- | --- |\n";
    append_rows(page, section.keys, "");
  }
  return page;
}

}  // namespace sparekeep
