// The storage systems of the master file as stores, for commands that read here: check, ls.
#pragma once

#include <memory>

#include "installer/central/running_central.h"
#include "lib/fetch/fetch_context.h"
#include "lib/store/remote_store.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep::central {

class CentralStores {                        // owns the stores; outlives whoever reads
 public:
  CentralStores(RunningCentral& central, const Clock& clock);
  Systems& systems() { return *systems_; }
  const std::vector<std::unique_ptr<RemoteStore>>& all() const { return stores_; }

 private:
  std::vector<std::unique_ptr<RemoteStore>> stores_;
  std::unique_ptr<Systems> systems_;
};

// The record of a snapshot as the catalogue keeps it, verified again. lost, corrupt.
Result<SnapshotRecord> record_of(Catalogue& catalogue, const SnapshotEntry& snapshot);

// The signer of a vault; throws not_found.
PublicKey signer_of(Catalogue& catalogue, const VaultId& vault);

}  // namespace sparekeep::central
