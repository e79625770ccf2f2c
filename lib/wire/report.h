// First metadata: what a daemon says of its disk, and the central's answer. POST /v1/reports, role daemon.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/id.h"

namespace sparekeep {

struct DaemonReport {
  HostId host;
  std::string program_version;
  Time now;                          // the daemon's wall clock
  uint64_t capacity_bytes = 0;       // of the file system, or the quota where that is less
  uint64_t available_bytes = 0;      // what may still be stored: after quota and keep_free
  uint64_t stored_bytes = 0;         // allocated on disk by shards
  uint64_t available_inodes = 0;
  uint64_t shards = 0;
  uint64_t master_epoch = 0;         // the highest master file that it has seen
  uint64_t master_number = 0;
  bool operator==(const DaemonReport&) const = default;
};

struct ReportAnswer {
  uint64_t master_epoch = 0;         // the newest there is: fetch it when it is newer
  uint64_t master_number = 0;
  std::string master_digest;         // hex, of that file; empty from older centrals
  int64_t next_in_milliseconds = 30'000;
};

}  // namespace sparekeep
