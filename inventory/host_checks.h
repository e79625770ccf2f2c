// What must hold among the hosts of an inventory, and cannot be seen in one key alone.
#pragma once

#include "inventory/host.h"

namespace sparekeep {

// Throws usage. Makes the roots of local hosts plain (no "..", no slash at the end).
void check_hosts(std::vector<Host>& hosts);

}  // namespace sparekeep
