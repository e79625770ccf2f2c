// What the systems hold of vaults: descriptors, key records, snapshot records; asked of all usable systems at once and verified.
// What does not verify on one system is reported and taken from another.
#pragma once

#include <functional>
#include <optional>

#include "lib/fetch/systems.h"
#include "lib/vault/descriptor.h"
#include "lib/vault/key_record.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep {

struct ObjectFinding {                                // an object that a system holds and that is no good
  HostId system;
  std::string text;                                   // "record 'NAME' on 'store3': ..."
};

struct RecordQuery {
  Systems& systems;
  const Clock& clock;
  Duration limit = std::chrono::seconds(30);          // of one request
  std::vector<ObjectFinding>* findings = nullptr;     // appended to on the calling thread, when given
  std::function<void()> going_on = {};                // called before each object is asked for, when given; what it throws ends it
};

// Every vault that some system knows, ascending. unreachable: no system answered.
Result<std::vector<VaultId>> list_vaults(const RecordQuery& query);

// The descriptor of the highest epoch. Every one that reads well is the owner's own (the vault's id says so); where the owner
// has made several of one epoch, the one that most systems hold, then the first by digest. not_found, unreachable.
Result<VaultDescriptor> find_descriptor(const RecordQuery& query, const VaultId& vault);

// The newest key record of the vault that has a box for `recipient`. not_found, unreachable.
Result<KeyRecord> find_key_record(const RecordQuery& query, const VaultId& vault, const PublicKey& signer, const RecipientKey& recipient);

struct HeldSnapshot {
  SnapshotRecord record;                              // the highest revision that verifies
  std::vector<HostId> systems;                        // that hold it
  std::vector<Time> received;                         // their stamps, in that order
};

// Every snapshot of the vault of which some system holds a record that verifies, by sequence; checkpoints left out unless asked
// for. unreachable: no system answered.
Result<std::vector<HeldSnapshot>> list_snapshots(const RecordQuery& query, const VaultDescriptor& vault, bool with_checkpoints = false);

// The newest snapshot of one job, in its highest revision that verifies. What systems had last is read first, up to a thousand snapshots: an old
// one may be given where newer ones came to them later. not_found, unreachable.
Result<HeldSnapshot> find_newest_of_job(const RecordQuery& query, const VaultDescriptor& vault, const JobId& job);

// The highest revision of one snapshot that verifies. not_found, unreachable.
Result<HeldSnapshot> find_snapshot(const RecordQuery& query, const VaultDescriptor& vault, const SnapshotId& snapshot);

}  // namespace sparekeep
