// What the routes of a daemon work on. Each file of this folder adds the routes of one noun; docs/protocol.md lists them.
#pragma once

#include <functional>

#include "daemon/shards/commit.h"
#include "lib/net/router.h"

namespace sparekeep::daemon {

class MasterView {                                   // the highest master file seen, as routes need it
 public:
  virtual ~MasterView() = default;
  virtual bool may_write(const VaultId& vault, const HostId& host) const = 0;   // besides the vault's owner
  virtual std::pair<uint64_t, uint64_t> version() const = 0;                    // epoch, number; zeros: none yet
};

struct Greeting {                                    // of the central, or of this host on its behalf
  bool took_report = false;                          // by the answer
  std::string master, master_digest = {};            // its newest one: "EPOCH.NUMBER", hex; empty: it did not say
};

struct Service {
  HostId self;
  Clock& clock;
  ShardDirectory& shards;
  VaultObjects& objects;
  ShardIndex& index;
  Commit& commit;
  const MasterView& master;
  Duration lock;                                     // how long a shard is safe from everybody since it was last named
  std::function<void(const Greeting&)> central_says_hello = {};
};

void add_hello_routes(Router& router, Service& service);
void add_shard_routes(Router& router, Service& service);
void add_object_routes(Router& router, Service& service);
void add_record_routes(Router& router, Service& service);

inline Router make_routes(Service& service) {
  Router router;
  add_hello_routes(router, service);
  add_shard_routes(router, service);
  add_object_routes(router, service);
  add_record_routes(router, service);
  return router;
}

// Whoever writes to a vault: the host that owns it, or one that the master file names. denied otherwise; not_found without a descriptor.
VaultDescriptor check_writer(const Service& service, const HttpRequest& request, const VaultId& vault);

const std::set<Role>& readers();                     // central, agent, daemon, admin: what is stored is sealed
const std::set<Role>& writers();                     // agent

}  // namespace sparekeep::daemon
