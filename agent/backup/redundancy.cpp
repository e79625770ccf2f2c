#include "agent/backup/redundancy.h"

#include <algorithm>

#include "lib/vault/types.h"

namespace sparekeep::agent {

int spare_places(const PackEntry& pack, const std::function<bool(const HostId&)>& holds) {
  const auto held = std::count_if(pack.places.begin(), pack.places.end(), [&](const HostId& place) { return !place.is_zero() && holds(place); });
  return static_cast<int>(held) - pack.layout.data;
}

size_t places_needed(const Layout& layout) { return std::min<size_t>(layout.count(), layout.data + 1u); }

Redundancy::Redundancy(const Targets& targets, Layout declared, std::set<HostId> away_before)
    : targets_(targets), declared_(declared), away_before_(std::move(away_before)), room_(targets.room(kPackTarget / declared.data)),
      metadata_room_(targets.room(kPackTarget)) {}

bool Redundancy::usable(const PackEntry& pack) const {
  const int now = spare_places(pack, [&](const HostId& host) { return works(host); });
  if (now + pack.layout.data < static_cast<int>(places_needed(pack.layout))) return false;
  const bool is_data = pack.kind == PackKind::data;
  const int possible = static_cast<int>(is_data ? room_ : metadata_room_) - (is_data ? declared_.data : 1);
  const int lasting = spare_places(pack, [&](const HostId& host) { return !gone(host); });
  return lasting >= std::min<int>(declared_.parity, possible);
}

bool Redundancy::below_declared(const PackEntry& pack) const {
  return !pack.unused() && spare_places(pack, [&](const HostId& host) { return works(host); }) < declared_.parity;
}

Layout Redundancy::metadata() const { return metadata_layout(declared_, std::max<size_t>(targets_.room(1), 2)); }

}  // namespace sparekeep::agent
