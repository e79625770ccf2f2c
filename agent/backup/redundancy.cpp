#include "agent/backup/redundancy.h"

#include <algorithm>

#include "lib/vault/places.h"

namespace sparekeep::agent {

Redundancy::Redundancy(const Targets& targets, Layout declared, std::set<HostId> away_before)
    : targets_(targets), declared_(declared), away_before_(std::move(away_before)), room_(targets.room(kPackTarget / declared.data)),
      metadata_room_(targets.room(kPackTarget)) {}

bool Redundancy::usable(const PackEntry& pack) const {
  if (!commit_accepts(pack, [&](const HostId& host) { return works(host); })) return false;
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
