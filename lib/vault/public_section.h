// The bytes of a snapshot record's public section, both ways. Inside lib/vault only: SnapshotRecord signs and verifies them.
#pragma once

#include "lib/vault/snapshot_record.h"

namespace sparekeep {

Bytes write_public_section(const PublicSection& section);
Result<PublicSection> read_public_section(ByteSpan bytes);   // corrupt

}  // namespace sparekeep
