// Lays defaults, groups and a host's own table over one another; the nearest wins. Two groups at one distance that
// disagree are refused, because no order between them would be visible in the file. Roles of groups add up.
#pragma once

#include "inventory/groups.h"

namespace sparekeep {

struct HostLayers {
  std::string host;
  const ConfigTable* defaults = nullptr;  // null: none
  const ConfigTable* own = nullptr;
};

// Throws usage.
ConfigTable lay_over(const HostLayers& layers, const Groups& groups);

}  // namespace sparekeep
