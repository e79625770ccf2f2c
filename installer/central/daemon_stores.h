// The storage systems of a master file as stores, for what the central itself asks of them. Certificates that ended count for a while, as
// everywhere; those that the master file revokes do not.
#pragma once

#include <memory>

#include "inventory/master/master_file.h"
#include "lib/fetch/systems.h"
#include "lib/store/remote_store.h"

namespace sparekeep::central {

class DaemonStores {
 public:
  // The master file outlives it.
  DaemonStores(const MasterFile& master, const std::vector<HostId>& hosts, const Tls& tls, const Clock& clock);
  Systems& systems() { return *systems_; }

 private:
  std::vector<std::unique_ptr<RemoteStore>> stores_;
  std::unique_ptr<Systems> systems_;
};

}  // namespace sparekeep::central
