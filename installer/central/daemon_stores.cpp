#include "installer/central/daemon_stores.h"

#include <algorithm>

namespace sparekeep::central {

DaemonStores::DaemonStores(const MasterFile& master, const std::vector<HostId>& hosts, const Tls& tls, const Clock& clock) {
  const PeerCheck check = not_revoked(within_time(clock, kCertificateGrace), [&master](const std::string& serial) { return master.is_revoked(serial); });
  std::vector<ShardStore*> pointers;
  for (const StorageSystem& system : master.systems) {
    if (std::find(hosts.begin(), hosts.end(), system.id) == hosts.end()) continue;
    RemoteStoreOptions options{.name = system.name, .host = system.id, .endpoint = {system.address, system.port}, .tls = tls, .deadlines = {}, .check = check};
    stores_.push_back(std::make_unique<RemoteStore>(std::move(options), clock));
    pointers.push_back(stores_.back().get());
  }
  systems_ = std::make_unique<Systems>(std::move(pointers));
}

}  // namespace sparekeep::central
