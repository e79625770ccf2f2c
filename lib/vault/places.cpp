#include "lib/vault/places.h"

#include <algorithm>

namespace sparekeep {

int spare_places(const PackEntry& pack, const HoldsShard& holds) {
  const auto held = std::count_if(pack.places.begin(), pack.places.end(), [&](const HostId& place) { return !place.is_zero() && holds(place); });
  return static_cast<int>(held) - pack.layout.data;
}

size_t places_needed(const Layout& layout) { return std::min<size_t>(layout.count(), layout.data + 1u); }

bool commit_accepts(const PackEntry& pack, const HoldsShard& holds) {
  return spare_places(pack, holds) + pack.layout.data >= static_cast<int>(places_needed(pack.layout));
}

}  // namespace sparekeep
