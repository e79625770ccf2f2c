#include "installer/central/audit_chain.h"

namespace sparekeep::central {

Digest audit_digest(const AuditEntry& entry) {
  ByteWriter writer;
  writer.text("sparekeep audit v1");
  writer.raw(entry.before.bytes());
  writer.u64(entry.number);
  writer.i64(entry.time.nanoseconds);
  writer.text(entry.actor);
  writer.text(entry.action);
  writer.text(entry.subject);
  return sha256(writer.bytes());
}

Result<void> verify_audit(const std::vector<AuditEntry>& whole_log) {
  Digest before;
  uint64_t number = 0;
  for (const AuditEntry& entry : whole_log) {
    if (entry.number != ++number || entry.before != before || entry.digest != audit_digest(entry)) {
      return Error(ErrorKind::corrupt, "audit log: entry " + std::to_string(entry.number) + " does not fit the one before it");
    }
    before = entry.digest;
  }
  return {};
}

}  // namespace sparekeep::central
