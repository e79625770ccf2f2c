// Which systems for which pack: pure functions of the master file and the pack's id, so that anyone computes the same.
//
// Weighted rendezvous hashing: each system scores -available / ln(u), u from SHA-256 of (pack id, host id); the highest
// scores win. So space fills evenly, and when a system leaves only its own shards move. Zones come first: no zone gets
// its second shard before every zone with room has one.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "inventory/master/master_file.h"

namespace sparekeep {

struct PlacementRules {
  uint64_t shard_bytes = 0;                            // room that a system must have
  std::string zone_avoided{};                          // of the host whose data it is: last, while others have room; empty: none
  std::function<bool(const StorageSystem&)> excluded{};  // never: the host itself, systems that failed; none given: nobody
};

// Every system that may take a shard, best first: the first n are the choice for n shards. A system twice is impossible.
// Only state up. A system that fails is replaced by calling again with it excluded and taking the first that is not used
// yet: all others stay where they were.
std::vector<const StorageSystem*> placement_order(std::span<const StorageSystem> systems, const PackId& pack, const PlacementRules& rules);

// The host whose data it is: by host id, and by machine id unless hosts share this machine on purpose (connection local).
std::function<bool(const StorageSystem&)> excluding_host(const HostId& host, const MachineId& machine, bool machine_is_shared);

// The score of one system for one pack; higher is better. 0 where nothing is available.
double placement_score(const PackId& pack, const HostId& host, uint64_t available_bytes);

}  // namespace sparekeep
