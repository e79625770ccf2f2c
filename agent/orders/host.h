// This host as its agent knows it: settings, keys, the newest master file, and the systems that it names.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "agent/settings.h"
#include "inventory/master/master_keeper.h"
#include "lib/host/host_identity.h"
#include "lib/store/shard_store.h"

namespace sparekeep::agent {

struct AgentHost {
  HostPaths paths;
  AgentSettings settings;
  HostId self;
  Delegation delegation;
  Tls tls;
  OpeningKey recipient;
  std::unique_ptr<MasterKeeper> master;
  Clock& clock;
  Random& random;

  static AgentHost open(const HostPaths& paths, Clock& clock, Random& random);    // throws

  std::shared_ptr<const MasterCopy> newest_master() const;                        // throws: no master file yet
  // What to warn of where its time is over by this host's clock: somebody may keep newer ones from this host. It is used nevertheless.
  std::optional<std::string> expired_master() const;
  // A daemon whose certificate has ended is taken for as long as daemons take ended ones (a lost central must not stop restores), one that
  // the newest master file revokes is not. Not longer than this object.
  PeerCheck daemon_check() const;
  // A store for every system of the master file that has an address.
  std::map<HostId, std::shared_ptr<ShardStore>> stores(const MasterFile& master) const;
};

}  // namespace sparekeep::agent
