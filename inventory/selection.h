// Which hosts a pattern means: names, groups and globs, `[a:b]` as a range, comma-separated, `!` to exclude, `@FILE` for a
// list with one item a line, `!@FILE` to exclude that. The order is the inventory's, each host once.
#pragma once

#include "inventory/inventory.h"

namespace sparekeep {

constexpr size_t kRangeMax = 10'000;        // names that one range may stand for

// "store[1:3]" -> store1 store2 store3; "web[08:10]" keeps the width; "rack-[a:c]"; text without a range is itself.
Result<std::vector<std::string>> expand_range(std::string_view text);

// The names of one item without comma, `!` and `@`: usage where nothing of the inventory matches.
Result<std::vector<std::string>> hosts_matching(const Inventory& inventory, std::string_view item);

// A whole --limit pattern; only exclusions means all others. Throws usage; an empty selection is refused, too.
std::vector<std::string> select_hosts(const Inventory& inventory, std::string_view pattern);

}  // namespace sparekeep
