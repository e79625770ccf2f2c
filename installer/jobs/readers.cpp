#include "installer/jobs/readers.h"

#include "lib/base/text.h"

namespace sparekeep::central {

CentralStores::CentralStores(RunningCentral& central, const Clock& clock) {
  std::vector<ShardStore*> pointers;
  const std::shared_ptr<const MasterCopy> master = central.master();
  for (const StorageSystem& system : master->file.systems) {
    RemoteStoreOptions options{.name = system.name, .host = system.id, .endpoint = {system.address, system.port}, .tls = central.tls(), .deadlines = {},
                               .check = central.peer_check()};
    stores_.push_back(std::make_unique<RemoteStore>(std::move(options), clock));
    pointers.push_back(stores_.back().get());
  }
  systems_ = std::make_unique<Systems>(std::move(pointers));
}

PublicKey signer_of(Catalogue& catalogue, const VaultId& vault) {
  const std::optional<VaultEntry> entry = catalogue.vault(vault);
  if (!entry) throw Error(ErrorKind::not_found, "vault " + in_quotes(vault.hex()) + " is not known here");
  return entry->signer;
}

Result<SnapshotRecord> record_of(Catalogue& catalogue, const SnapshotEntry& snapshot) {
  std::optional<Bytes> object = catalogue.record(snapshot.id, snapshot.revision);
  if (!object) return Error(ErrorKind::lost, "the record of snapshot " + in_quotes(snapshot.id.hex()) + " is not in the catalogue");
  return SnapshotRecord::read(std::move(*object), signer_of(catalogue, snapshot.vault));
}

}  // namespace sparekeep::central
