// First metadata as it stands in a report: of the disk space, now.
#pragma once

#include "daemon/shards/shard_directory.h"
#include "inventory/master/master_file.h"
#include "lib/wire/report.h"

namespace sparekeep::daemon {

// `seen`: the newest master file here.
Result<DaemonReport> disk_report(const HostId& self, const Clock& clock, const ShardDirectory& shards, const MasterVersion& seen);

}  // namespace sparekeep::daemon
