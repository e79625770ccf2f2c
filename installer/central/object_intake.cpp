#include "installer/central/object_intake.h"

#include <algorithm>

#include "installer/central/snapshot_entry.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/vault/descriptor.h"
#include "lib/vault/key_record.h"
#include "lib/vault/pack_list.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep::central {

namespace {

std::string called(const VaultId& vault) { return "vault " + in_quotes(vault.hex()); }

void refuse_other_place(bool same, std::string_view what) {
  if (!same) throw Error(ErrorKind::corrupt, std::string(what) + ": it belongs under another path");
}

// Vault keys go to whom the delegation names, and to all of them: a key that only its host holds would be lost with it.
void check_recipients(const KeyRecord& record, const Delegation& trust) {
  const auto has = [&](RecipientRole role, const RecipientKey& key) {
    const std::vector<Recipient>& all = record.recipients();
    return std::find(all.begin(), all.end(), Recipient{role, key}) != all.end();
  };
  for (const RecipientKey& key : trust.recovery) {
    if (!has(RecipientRole::recovery, key)) throw Error(ErrorKind::denied, "key record: it is not sealed to recovery key " + key.hex());
  }
  if (trust.mode == EscrowMode::central && !has(RecipientRole::escrow, trust.escrow)) {
    throw Error(ErrorKind::denied, "key record: it is not sealed to the escrow key " + trust.escrow.hex());
  }
  for (const Recipient& recipient : record.recipients()) {
    const bool known = recipient.role == RecipientRole::host || (recipient.role == RecipientRole::escrow && recipient.key == trust.escrow) ||
                       std::find(trust.recovery.begin(), trust.recovery.end(), recipient.key) != trust.recovery.end();
    if (!known) throw Error(ErrorKind::denied, "key record: the delegation names no recipient " + recipient.key.hex());
  }
}

}  // namespace

VaultEntry ObjectIntake::vault_for(const HostId& host, const VaultId& vault) {
  std::optional<VaultEntry> entry = catalogue_.vault(vault);
  if (!entry) throw Error(ErrorKind::not_found, called(vault) + " is not known here; its descriptor comes first");
  if (entry->owner == host || masters_.newest()->file.may_write(vault, host)) return std::move(*entry);
  throw Error(ErrorKind::denied, called(vault) + " is another host's");
}

void ObjectIntake::put_descriptor(const HostId& writer, const VaultId& vault, uint32_t epoch, ByteSpan object) {
  const VaultDescriptor descriptor = read_descriptor(object).value();
  refuse_other_place(descriptor.vault == vault && descriptor.epoch == epoch, "vault descriptor");
  if (descriptor.owner != writer) throw Error(ErrorKind::denied, called(vault) + " is another host's");
  const std::optional<VaultEntry> known = catalogue_.vault(vault);
  if (known && known->epoch == epoch && !same_bytes(known->descriptor, object)) {
    throw Error(ErrorKind::exists, "another descriptor of " + called(vault) + " is here already");
  }
  if (known && known->epoch >= epoch) return;
  if (room_ && !known) room_->take_vault(writer, object.size());
  catalogue_.put_vault({.id = vault, .epoch = epoch, .owner = writer, .signer = descriptor.signer, .descriptor = Bytes(object.begin(), object.end())});
}

void ObjectIntake::put_key_record(const HostId& writer, const VaultId& vault, const Digest& digest, ByteSpan object) {
  const VaultEntry entry = vault_for(writer, vault);
  refuse_other_place(sha256(object) == digest, "key record");
  const KeyRecord record = KeyRecord::read(object, entry.signer).value();
  refuse_other_place(record.vault() == vault, "key record");
  check_recipients(record, masters_.newest()->file.delegation);
  put_object(entry, ObjectTable::key_records, digest, object);
}

void ObjectIntake::put_block(const HostId& writer, const VaultId& vault, const Digest& digest, ByteSpan object) {
  const VaultEntry entry = vault_for(writer, vault);
  refuse_other_place(pack_list_digest(object) == digest, "pack list block");
  refuse_other_place(read_pack_list_block(object).value().vault == vault, "pack list block");
  put_object(entry, ObjectTable::blocks, digest, object);
}

// A job is called as the central calls it, whatever a host writes: its snapshots are chosen by that name. They are taken all the same, as the host
// may have had the order before the name changed. (Hosts are known by their ids, see snapshot_name.h.)
void ObjectIntake::call_as_known(SnapshotEntry& snapshot) {
  const std::optional<JobEntry> job = catalogue_.job(snapshot.job);
  if (!job || job->name.empty() || job->name == snapshot.metadata.job) return;
  log_warning("snapshot " + snapshot.id.hex() + " of host " + snapshot.host.hex() + " calls its job " + in_quotes(snapshot.metadata.job) + "; it is listed under " +
              in_quotes(job->name) + ", the name of job " + job->id.hex());
  snapshot.metadata.job = job->name;
}

// What is here already is good whatever room there is.
void ObjectIntake::put_object(const VaultEntry& vault, ObjectTable kind, const Digest& digest, ByteSpan object) {
  if (room_ && !catalogue_.object(vault.id, kind, digest)) room_->take(vault.owner, object.size());
  catalogue_.put_object(vault.id, kind, digest, object);
}

void ObjectIntake::put_record(const HostId& writer, const VaultId& vault, const RecordName& name, Bytes object) {
  put_record_of(writer, vault, name, std::move(object), clock_.now());
}

void ObjectIntake::put_record_of(const HostId& writer, const VaultId& vault, const RecordName& name, Bytes object, Time received) {
  const VaultEntry entry = vault_for(writer, vault);
  const SnapshotRecord record = SnapshotRecord::read(std::move(object), entry.signer).value();
  const PublicSection& facts = record.public_section();
  refuse_other_place(facts.vault == vault && facts.snapshot == name.snapshot && facts.revision == name.revision, "snapshot record");
  if (facts.host != writer) throw Error(ErrorKind::denied, "snapshot record: it is of another host");
  if (const std::optional<Bytes> known = catalogue_.record(name.snapshot, name.revision)) {
    if (same_bytes(*known, record.object())) return;
    throw Error(ErrorKind::exists, "another record " + in_quotes(record_name(name.snapshot, name.revision)) + " is here already");
  }
  SnapshotEntry snapshot = snapshot_entry(record, catalogue_key_, received).value();
  call_as_known(snapshot);
  if (room_) room_->take(entry.owner, record.object().size() + snapshot.metadata_json.size());
  catalogue_.put_snapshot(snapshot, record.object());
}

}  // namespace sparekeep::central
