// What agents store at the central: descriptors, key records, pack list blocks, snapshot records. Each is verified before it
// is kept: a vault's id names its owner and signer, and everything else must be signed by that signer. Put if absent: the same bytes
// again are good, others under the same name are `exists`.
#pragma once

#include "installer/central/catalogue.h"
#include "installer/central/intake_room.h"
#include "installer/central/master_history.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep::central {

class ObjectIntake {
 public:
  // room: what hosts are held to; null for what comes back from the daemons, which held them to theirs.
  ObjectIntake(Catalogue& catalogue, const MasterHistory& masters, const OpeningKey& catalogue_key, const Clock& clock, IntakeRoom* room = nullptr)
      : catalogue_(catalogue), masters_(masters), catalogue_key_(catalogue_key), clock_(clock), room_(room) {}

  // `writer` is the host whose agent sends it. All throw: denied (not its vault, keys sealed to the wrong recipients),
  // corrupt (does not verify), not_found (the vault's descriptor must come first), exists, unsupported, no_space.
  void put_descriptor(const HostId& writer, const VaultId& vault, uint32_t epoch, ByteSpan object);
  void put_key_record(const HostId& writer, const VaultId& vault, const Digest& digest, ByteSpan object);
  void put_block(const HostId& writer, const VaultId& vault, const Digest& digest, ByteSpan object);
  void put_record(const HostId& writer, const VaultId& vault, const RecordName& name, Bytes object);
  void put_record_of(const HostId& writer, const VaultId& vault, const RecordName& name, Bytes object, Time received);   // by the daemons' stamps

  // The vault, where `host` may read its objects (its owner, or a writer that the master file names); denied, not_found.
  VaultEntry vault_for(const HostId& host, const VaultId& vault);

 private:
  void call_as_known(SnapshotEntry& snapshot);
  void put_object(const VaultEntry& vault, ObjectTable kind, const Digest& digest, ByteSpan object);
  Catalogue& catalogue_;
  const MasterHistory& masters_;
  const OpeningKey& catalogue_key_;
  const Clock& clock_;
  IntakeRoom* room_;
};

}  // namespace sparekeep::central
