// From a verified record to what the catalogue keeps of it.
#pragma once

#include "installer/central/catalogue.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep::central {

// Opens the second metadata with the catalogue's key (or the recovery key). denied, corrupt. A checkpoint has an entry, too.
Result<SnapshotEntry> snapshot_entry(const SnapshotRecord& record, const OpeningKey& key, Time received);

}  // namespace sparekeep::central
