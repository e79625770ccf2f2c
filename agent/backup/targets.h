// The systems a backup may store on, in the order that placement prefers for a pack. A system that fails during the command is
// passed over for its rest. One that has no room is not failed: it takes no new shards, and holds what it has taken. What a system says of its
// room is believed, so that nothing is sent of a pack that finds no place for the rest of it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "lib/store/shard_store.h"

namespace sparekeep::agent {

// Preference for a pack with shards of this length: every system that could take one, best first, zones spread.
using PlacementOrder = std::function<std::vector<HostId>(const PackId& pack, uint64_t shard_length)>;

class Targets {
 public:
  Targets(std::map<HostId, std::shared_ptr<ShardStore>> stores, PlacementOrder order) : stores_(std::move(stores)), order_(std::move(order)) {}

  std::vector<HostId> order(const PackId& pack, uint64_t shard_length);         // those that take it; who has no room for it is told among the failures
  void tell_short(uint64_t shard_length);                                       // among the failures: who has no room for it, asked for or not
  ShardStore* store(const HostId& host) const;                                  // null: not in the master file
  void failed(const HostId& host, const Error& error);                          // no_space: full
  bool has_failed(const HostId& host) const;                                    // not so when it is full
  bool takes_shards(const HostId& host) const;                                  // neither failed nor full
  void has_room(const HostId& host, uint64_t bytes);                            // as it says itself; one that never did has all there is
  bool reserve(const HostId& host, uint64_t shard_length);                      // takes this from the room that it has; false: it takes no such shard
  std::vector<HostId> hosts() const;
  std::set<HostId> failed_hosts() const;
  size_t room(uint64_t shard_length) const;                                     // how many systems would take a shard of this length now
  std::vector<std::string> failures() const;                                    // "store3: ..." for warnings
  std::string name_of(const HostId& host) const;

 private:
  const std::map<HostId, std::shared_ptr<ShardStore>> stores_;
  const PlacementOrder order_;
  bool has_place(const HostId& host, uint64_t shard_length) const;              // with the lock held
  bool takes(const HostId& host, uint64_t shard_length) const;                  // so
  void note_short(const HostId& host, uint64_t shard_length);                   // so
  mutable std::mutex mutex_;
  std::map<HostId, std::string> failed_, full_, short_;                         // short: too little room for a shard, maybe enough for another
  std::map<HostId, uint64_t> room_;                                             // of those that said so, less what they were given since
};

}  // namespace sparekeep::agent
