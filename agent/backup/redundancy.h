// How many systems a stored pack can still lose, and whether a new snapshot goes on using it (storage.md, Placement). What can not be
// used is given up before the walk: its files are read and stored anew, on systems that work.
#pragma once

#include "agent/backup/targets.h"
#include "lib/vault/pack_list.h"

namespace sparekeep::agent {

class Redundancy {
 public:
  // After systems were asked for the first time. `away_before` could not be used in the last backup either: what fails twice is taken
  // for gone, so that a system that only starts anew causes no storm of repairs.
  Redundancy(const Targets& targets, Layout declared, std::set<HostId> away_before);

  // Would a commit take it, and is it as safe as one that is stored now would be?
  bool usable(const PackEntry& pack) const;

  // Can it lose fewer systems than the order declares, as things stand at the time of the call?
  bool below_declared(const PackEntry& pack) const;

  // Of metadata: copies on m + 2 of the systems that placement gives now, two at least.
  Layout metadata() const;

 private:
  bool works(const HostId& host) const { return targets_.store(host) && !targets_.has_failed(host); }
  bool gone(const HostId& host) const { return !works(host) && (!targets_.store(host) || away_before_.contains(host)); }

  const Targets& targets_;
  const Layout declared_;
  const std::set<HostId> away_before_;
  const size_t room_, metadata_room_;               // systems that take a shard of a full pack
};

}  // namespace sparekeep::agent
