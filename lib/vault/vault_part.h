// The plain bytes of a snapshot record's vault part (kind 23), both ways. Inside lib/vault only: SnapshotRecord seals and opens them.
#pragma once

#include "lib/vault/snapshot_record.h"

namespace sparekeep {

Bytes write_vault_part(const VaultPart& part);
Result<VaultPart> read_vault_part(ByteSpan plain);   // corrupt, unsupported

}  // namespace sparekeep
