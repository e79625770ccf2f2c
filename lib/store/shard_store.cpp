#include "lib/store/shard_store.h"

namespace sparekeep {

Result<RecordTallies> ShardStore::tally_records(const Deadline& deadline) {
  const Result<std::vector<VaultId>> vaults = list_vaults(deadline);
  if (!vaults) return vaults.error();
  RecordTallies tallies;
  for (const VaultId& vault : *vaults) {
    const Result<std::vector<ObjectEntry>> records = list_objects(vault, StoredKind::record, deadline);
    if (!records) return records.error();
    for (const ObjectEntry& record : *records) tallies[vault].add(vault, record.name);
  }
  return tallies;
}

}  // namespace sparekeep
