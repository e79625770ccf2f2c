// The escrow key: opens vault keys for those whom an order or an admin lets read. Each use is in the audit log, durably,
// before the key is touched.
#pragma once

#include "installer/central/catalogue.h"
#include "installer/central/state.h"
#include "lib/vault/key_record.h"

namespace sparekeep::central {

class Escrow {
 public:
  Escrow(const CentralState& state, Catalogue& catalogue, const Clock& clock, Random& random)
      : state_(state), catalogue_(catalogue), clock_(clock), random_(random) {}

  // denied: escrow is offline, or the agent has no recipient key here. not_found: no key record that the escrow key opens.
  Result<VaultKeys> open(const VaultId& vault, const std::string& actor, const std::string& purpose);
  Result<MetadataKeys> open_metadata(const VaultId& vault, const std::string& actor, const std::string& purpose);

  // RestoreOrder::key_box: the vault key sealed to the agent, for this run and snapshot alone.
  Result<std::string> reseal(const VaultId& vault, const RunId& run, const SnapshotId& snapshot, const HostId& agent);

 private:
  Result<KeyRecord> record_of(const VaultId& vault, const std::string& actor, const std::string& purpose);    // after the audit entry
  const CentralState& state_;
  Catalogue& catalogue_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace sparekeep::central
