// Which records of a vault a system holds, in one figure (docs/protocol.md, "What a daemon holds"): equal figures are of equal sets of names. A record
// more changes it without a look at the others. It proves nothing about what the records say: whoever takes one verifies it.
#pragma once

#include <map>
#include <string_view>

#include "lib/base/id.h"

namespace sparekeep {

struct RecordTally {
  uint64_t count = 0;
  Digest digest;                       // exclusive or of one SHA-256 a record

  void add(const VaultId& vault, std::string_view name);   // SNAPSHOT.REVISION, which is not among them yet
  bool operator==(const RecordTally&) const = default;
};

using RecordTallies = std::map<VaultId, RecordTally>;      // vaults without records are not there

}  // namespace sparekeep
