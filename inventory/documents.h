// Several inventory files as one document.
#pragma once

#include "inventory/inventory.h"

namespace sparekeep {

struct InventoryDocument {
  ConfigTable defaults, groups, hosts, central;
  Position at;                              // the beginning of the first file
};

// A later file lies over an earlier one, key by key; the members of a group add up. Throws usage.
InventoryDocument merge_documents(const std::vector<InventoryText>& texts);

}  // namespace sparekeep
