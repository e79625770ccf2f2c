// Which hosts a command is about.
#pragma once

#include "inventory/inventory.h"
#include "lib/cli/command.h"

namespace sparekeep::central {

// The hosts of --limit, in the inventory's order; all without it. Throws usage.
std::vector<Host> selected_hosts(const Arguments& arguments, const Inventory& inventory);

}  // namespace sparekeep::central
