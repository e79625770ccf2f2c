// The audit log is chained by hash: each entry's digest covers the one before it, so that none can be changed or taken out
// of the middle unseen.
#pragma once

#include "installer/central/catalogue.h"

namespace sparekeep::central {

Digest audit_digest(const AuditEntry& entry);                             // of everything but `digest`
Result<void> verify_audit(const std::vector<AuditEntry>& whole_log);      // corrupt, naming the first entry that does not fit

}  // namespace sparekeep::central
