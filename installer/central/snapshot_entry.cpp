#include "installer/central/snapshot_entry.h"

#include "lib/wire/json.h"

namespace sparekeep::central {

Result<SnapshotEntry> snapshot_entry(const SnapshotRecord& record, const OpeningKey& key, Time received) {
  Result<std::string> json = record.open_second(key);
  if (!json) return json.error();
  Result<SecondMetadata> metadata = during("second metadata", from_json<SecondMetadata>(*json));
  if (!metadata) return metadata.error();
  const PublicSection& facts = record.public_section();
  SnapshotEntry out;
  out.id = facts.snapshot;
  out.revision = facts.revision;
  out.vault = facts.vault;
  out.host = facts.host;
  out.job = facts.job;
  out.run = facts.run;
  out.sequence = facts.sequence;
  out.began = facts.began;
  out.ended = facts.ended;
  out.received = received;
  out.partial = facts.state.partial;
  out.degraded = facts.state.degraded;
  out.checkpoint = facts.state.checkpoint;
  out.digest = record.digest();
  out.metadata = std::move(*metadata);
  out.metadata_json = std::move(*json);
  return out;
}

}  // namespace sparekeep::central
