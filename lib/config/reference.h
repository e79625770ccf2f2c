// The reference pages of docs/, generated from the key tables.
#pragma once

#include <string>
#include <vector>

#include "lib/config/value_type.h"

namespace sparekeep {

struct ReferenceSection {
  std::string heading;       // "[central]"
  std::string introduction;  // a paragraph; may be empty
  std::vector<KeyDoc> keys;
};

// Markdown: the title, a note that the page is generated, a table of keys for each section.
std::string reference_page(const std::string& title, const std::vector<ReferenceSection>& sections);

}  // namespace sparekeep
