#include "inventory/names.h"

#include <algorithm>
#include <cctype>

namespace sparekeep {

namespace {
constexpr size_t kNameLengthMax = 63;
}

bool is_host_name(std::string_view name) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; };
  return !name.empty() && name.size() <= kNameLengthMax && std::isalnum(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), fits);
}

}  // namespace sparekeep
