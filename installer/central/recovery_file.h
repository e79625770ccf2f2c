// The recovery file (docs/format.md, "Recovery file"): the offline root and the recovery key of a fleet. Whoever has it can
// open every vault and replace the central; no copy stays in STATE.
#pragma once

#include "lib/base/files.h"
#include "lib/crypt/sealing.h"
#include "lib/crypt/signature.h"
#include "lib/base/clock.h"

namespace sparekeep::central {

struct RecoveryKeys {
  SigningKey root;
  OpeningKey recovery;
  Time created;
};

constexpr size_t kRecoveryFileMax = 64 * 1024;

RecoveryKeys make_recovery_keys(Random& random, Time now);
Secret write_recovery_text(const RecoveryKeys& keys);                          // the file's text, with comments for people
Result<RecoveryKeys> read_recovery_text(std::string_view text);                // corrupt, as LINE: what; unsupported
Result<RecoveryKeys> read_recovery_file(const Path& file);
Result<void> write_recovery_file(const Path& file, const RecoveryKeys& keys);  // 0600; exists: never overwritten

}  // namespace sparekeep::central
