#include "agent/backup/revision.h"

#include <algorithm>

namespace sparekeep::agent {

Result<Bundle> degraded_revision(const Bundle& bundle, const LocalVault& vault, Random& random) {
  if (bundle.second.empty()) return Error(ErrorKind::not_found, "the waiting snapshot keeps no second metadata");
  const Result<SnapshotRecord> record = SnapshotRecord::read(bundle.record, vault.signer().public_key());
  if (!record) return record.error();
  Result<VaultPart> part = record->open_vault_part(vault.keys().metadata());
  if (!part) return part.error();
  SnapshotDraft draft{record->public_section(), bundle.second, record->second_recipients(), std::move(*part)};
  ++draft.public_section.revision;
  draft.public_section.state.degraded = true;
  Bundle revised = bundle;
  revised.record = write_snapshot_record(draft, vault.keys().metadata(), vault.signer(), random);
  return revised;
}

Result<std::string> replace_waiting(Outbox& outbox, const Outbox::Item& item, const Bundle& revised) {
  const Result<PublicSection> facts = SnapshotRecord::parse_public(revised.record);
  if (!facts) return facts.error();
  const std::string name = record_name(facts->snapshot, facts->revision);
  const std::vector<Outbox::Item> waiting = outbox.items(OutboxStage::commit);
  const bool is_there = std::any_of(waiting.begin(), waiting.end(), [&](const Outbox::Item& one) { return one.name == name; });
  if (!is_there)
    if (const Result<void> added = outbox.add(name, revised); !added) return added.error();
  outbox.remove(item);
  return name;
}

}  // namespace sparekeep::agent
