#include "inventory/host.h"

#include <algorithm>

namespace sparekeep {

uint64_t KeepFree::of(uint64_t capacity_bytes) const {
  if (!percent) return bytes;
  return capacity_bytes / 100 * *percent + capacity_bytes % 100 * *percent / 100;
}

bool Host::has_role(HostRole role) const { return std::find(roles.begin(), roles.end(), role) != roles.end(); }

}  // namespace sparekeep
