#include "installer/central/escrow.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/wire/order.h"

namespace sparekeep::central {

namespace {

std::string called(const VaultId& vault) { return "vault " + in_quotes(vault.hex()); }

}  // namespace

Result<KeyRecord> Escrow::record_of(const VaultId& vault, const std::string& actor, const std::string& purpose) {
  if (state_.delegation().mode == EscrowMode::offline) {
    return Error(ErrorKind::denied, "escrow is offline: the keys of " + called(vault) + " open with --recovery-key FILE only");
  }
  const std::optional<VaultEntry> entry = catalogue_.vault(vault);
  if (!entry) return Error(ErrorKind::not_found, called(vault) + " is not known here");
  std::vector<Digest> digests = catalogue_.objects(vault, ObjectTable::key_records);
  std::reverse(digests.begin(), digests.end());
  for (const Digest& digest : digests) {
    const std::optional<Bytes> object = catalogue_.object(vault, ObjectTable::key_records, digest);
    Result<KeyRecord> record = KeyRecord::read(object.value_or(Bytes{}), entry->signer);
    if (!record) return record.error();
    const std::vector<Recipient>& all = record->recipients();
    if (std::find(all.begin(), all.end(), Recipient{RecipientRole::escrow, state_.escrow().recipient()}) == all.end()) continue;
    catalogue_.append_audit(clock_.now(), actor, purpose, called(vault));
    return record;
  }
  return Error(ErrorKind::not_found, "no key record of " + called(vault) + " is sealed to the escrow key");
}

Result<VaultKeys> Escrow::open(const VaultId& vault, const std::string& actor, const std::string& purpose) {
  const Result<KeyRecord> record = record_of(vault, actor, purpose);
  if (!record) return record.error();
  return record->open(state_.escrow());
}

Result<MetadataKeys> Escrow::open_metadata(const VaultId& vault, const std::string& actor, const std::string& purpose) {
  const Result<KeyRecord> record = record_of(vault, actor, purpose);
  if (!record) return record.error();
  return record->open_metadata(state_.escrow());
}

Result<std::string> Escrow::reseal(const VaultId& vault, const RunId& run, const SnapshotId& snapshot, const HostId& agent) {
  const std::optional<HostEntry> host = catalogue_.host(agent);
  if (!host || host->recipient.is_zero()) {
    return Error(ErrorKind::denied, "host " + in_quotes(host ? host->name : agent.hex()) + " has no recipient key here; run sparekeep install");
  }
  const std::string purpose = "reseal the vault key to host " + in_quotes(host->name) + " for snapshot " + in_quotes(snapshot.hex());
  const Result<VaultKeys> keys = open(vault, "central", purpose);
  if (!keys) return keys.error();
  return to_base64(seal_to(host->recipient, restore_key_associated(run, snapshot), keys->vault_key().reveal(), random_));
}

}  // namespace sparekeep::central
