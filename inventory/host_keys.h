// The key table of a host: what may stand in [defaults], [groups.NAME] and [hosts.NAME].
#pragma once

#include "inventory/inventory.h"
#include "lib/config/key_table.h"

namespace sparekeep {

KeyTable<Host> host_keys();
KeyTable<CentralAddress> central_keys();

std::string inventory_reference();  // docs/reference-inventory.md

}  // namespace sparekeep
