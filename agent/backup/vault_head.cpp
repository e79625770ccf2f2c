#include "agent/backup/vault_head.h"

#include <algorithm>

#include "lib/base/log.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep::agent {

namespace {

constexpr Duration kRecordLimit = std::chrono::seconds(60);

Result<SnapshotHead> read_told(const LocalVault& vault, const Targets& targets, Clock& clock, const ToldRecord& told) {
  const VaultId& id = vault.descriptor().vault;
  Result<Bytes> object = targets.store(told.host)->get_object(id, StoredKind::record, told.record.name, Deadline(clock, kRecordLimit));
  if (!object) return object.error();
  const Result<SnapshotRecord> record = SnapshotRecord::read(std::move(*object), vault.signer().public_key());
  if (!record) return record.error().during(targets.name_of(told.host) + ": record " + told.record.name);
  const PublicSection& facts = record->public_section();
  if (facts.vault != id || facts.sequence != told.record.sequence || record_name(facts.snapshot, facts.revision) != told.record.name)
    return Error(ErrorKind::corrupt, targets.name_of(told.host) + ": record " + told.record.name + " is another one");
  return SnapshotHead{facts.sequence, record->digest()};
}

std::string warning_of(const Result<SnapshotHead>& own, const SnapshotHead& newest) {
  const std::string next = "; the next one is number " + std::to_string(newest.sequence + 1);
  const std::string held = "systems hold record " + std::to_string(newest.sequence) + " of this host's vault";
  if (!own) return held + ", and what the host remembers of it is lost: " + own.error().text() + next;
  return held + ", and the host knows of " + std::to_string(own->sequence) + ": it was set back to an older copy" + next;
}

}  // namespace

Result<FoundHead> find_head(LocalVault& vault, const Targets& targets, Clock& clock, std::vector<ToldRecord> told) {
  const Result<SnapshotHead> own = vault.head();
  const uint64_t known = own ? own->sequence : 0;
  std::erase_if(told, [known](const ToldRecord& one) { return one.record.sequence <= known; });
  std::stable_sort(told.begin(), told.end(), [](const ToldRecord& a, const ToldRecord& b) { return a.record.sequence > b.record.sequence; });
  for (const ToldRecord& one : told) {
    const Result<SnapshotHead> head = read_told(vault, targets, clock, one);
    if (!head) {
      log_warning("a newer record of the vault was told, and is not believed: " + head.error().text());
      continue;
    }
    if (const Result<void> kept = vault.set_head(*head); !kept) return kept.error();
    return FoundHead{*head, warning_of(own, *head)};
  }
  if (!own) return own.error();
  return FoundHead{*own, {}};
}

}  // namespace sparekeep::agent
