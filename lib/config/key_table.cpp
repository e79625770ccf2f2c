#include "lib/config/key_table.h"

#include "lib/base/suggestion.h"
#include "lib/base/text.h"

namespace sparekeep {

Error unknown_key(const ConfigEntry& entry, std::string_view table, const std::vector<std::string>& known) {
  const std::string what = "unknown key " + in_quotes(entry.key) + " in " + std::string(table);
  const std::string nearest = nearest_name(entry.key, known);
  if (!nearest.empty()) return refusal(entry.key_at, what, "did you mean " + in_quotes(nearest) + "?");
  return refusal(entry.key_at, what, "known are " + joined(known, ", "));
}

Error missing_key(const Position& at, std::string_view table, const KeyDoc& key) {
  return refusal(at, std::string(table) + " without " + in_quotes(key.name), key.type + " is expected");
}

}  // namespace sparekeep
