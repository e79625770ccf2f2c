#include "daemon/report/disk_report.h"

#include "lib/wire/version.h"

namespace sparekeep::daemon {

Result<DaemonReport> disk_report(const HostId& self, const Clock& clock, const ShardDirectory& shards, const MasterVersion& seen) {
  const Result<SpaceFacts> space = shards.space();
  if (!space) return space.error();
  return DaemonReport{.host = self, .program_version = std::string(kProgramVersion), .now = clock.now(), .capacity_bytes = space->capacity_bytes,
                      .available_bytes = space->available_bytes, .stored_bytes = space->stored_bytes, .available_inodes = space->available_inodes,
                      .shards = shards.count(), .master_epoch = seen.epoch, .master_number = seen.number};
}

}  // namespace sparekeep::daemon
