#include "agent/orders/host.h"

#include "lib/store/remote_store.h"

namespace sparekeep::agent {

AgentHost AgentHost::open(const HostPaths& paths, Clock& clock, Random& random) {
  AgentSettings settings = read_settings(paths);
  Delegation delegation = read_delegation(read_file(paths.delegation(), kDelegationSizeMax).value(), settings.root_key).value();
  Tls tls = load_host_tls(paths.agent_state(), delegation.authority_pem);
  std::unique_ptr<MasterKeeper> master = MasterKeeper::open(paths.agent_state() / kMasterFileName, settings.root_key).value();
  return {paths, std::move(settings), read_host_id(paths), std::move(delegation), std::move(tls), read_recipient_key(paths.agent_state()),
          std::move(master), clock, random};
}

std::shared_ptr<const MasterCopy> AgentHost::newest_master() const {
  std::shared_ptr<const MasterCopy> newest = master->newest();
  if (!newest) throw Error(ErrorKind::unreachable, "this host has no master file yet: the central has not answered so far");
  return newest;
}

std::optional<std::string> AgentHost::expired_master() const {
  const std::shared_ptr<const MasterCopy> newest = master->newest();
  if (!newest || clock.now() <= newest->file.expires) return std::nullopt;
  return "master file " + newest->file.version().text() + " expired at " + to_rfc3339(newest->file.expires) +
         " and no newer one has come: let the central run, and see that this host reaches it; until then it knows no system that came and no "
         "certificate that was revoked since";
}

PeerCheck AgentHost::daemon_check() const {
  return not_revoked(within_time(clock, kCertificateGrace), [keeper = master.get()](const std::string& serial) { return keeper->is_revoked(serial); });
}

std::map<HostId, std::shared_ptr<ShardStore>> AgentHost::stores(const MasterFile& file) const {
  const PeerCheck check = daemon_check();
  std::map<HostId, std::shared_ptr<ShardStore>> stores;
  for (const StorageSystem& system : file.systems)
    if (!system.address.empty() && system.port != 0)
      stores[system.id] = std::make_shared<RemoteStore>(
          RemoteStoreOptions{.name = system.name, .host = system.id, .endpoint = {system.address, system.port}, .tls = tls, .deadlines = {}, .check = check},
          clock);
  return stores;
}

}  // namespace sparekeep::agent
