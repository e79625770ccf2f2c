// The storage systems that a command reads from, and what it has learnt of their health. A system that does not answer (refused,
// frozen, wrong certificate) is passed over for the rest of the command, by every reader that shares this object.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lib/store/shard_store.h"

namespace sparekeep {

// Does an error of this kind speak of the whole system, so that asking it again is of no use?
bool is_of_system(ErrorKind kind);

class Systems {                                       // thread safe
 public:
  explicit Systems(std::vector<ShardStore*> stores);  // not owned; one a host

  ShardStore* usable(const HostId& host) const;       // nullptr: not among these, or passed over
  std::vector<ShardStore*> usable() const;            // in the order given
  std::string name_of(const HostId& host) const;      // as its store calls it; the id in hex where there is none

  // What a call on that system said. Kinds that speak of the system (unreachable, timeout, denied, closed) pass it over.
  void note(const HostId& host, const Error& error);

  // Why it is not usable: what passed it over, or that it is unknown; empty: it is usable.
  std::optional<Error> reason(const HostId& host) const;

  struct PassedOver {
    HostId host;
    std::string name;
    Error reason;                                     // the first
  };
  std::vector<PassedOver> passed_over() const;

 private:
  ShardStore* find(const HostId& host) const;
  const std::vector<ShardStore*> stores_;
  mutable std::mutex mutex_;
  std::map<HostId, Error> passed_over_;
};

}  // namespace sparekeep
