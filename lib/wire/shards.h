// What agents, the central and daemons say about stored objects besides the objects themselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/wire/report.h"

namespace sparekeep {

// POST /v1/vaults/VAULT/holds: which of these does the daemon hold? Names as ShardId prints them (PACK.k.m.index).
struct HoldsRequest {
  std::vector<std::string> shards;
};
struct HoldsAnswer {
  std::vector<bool> held;            // in the order asked
};
constexpr size_t kHoldsMax = 10'000;

// PUT of a record answers 409 with this where the record claims shards that the daemon does not hold (or holds in grace).
struct CommitRefusal {
  std::vector<std::string> missing;
  std::vector<std::string> missing_blocks;   // hex digests of pack list blocks that must be put first
};

// GET /v1/vaults, GET /v1/vaults/VAULT/{descriptors,keys,blocks,records}
struct NameList {
  std::vector<std::string> names;
};

// A record as a daemon knows it: GET /v1/vaults/VAULT/records
struct HeldRecord {
  SnapshotId snapshot;
  uint32_t revision = 0;
  uint64_t sequence = 0;
  Time received;                     // the daemon's own stamp
  std::string digest;                // hex
};
struct HeldRecords {
  std::vector<HeldRecord> records;
};

// GET /v1/records of a daemon: of each vault, how many records it holds, and which in one figure (lib/vault/record_tally.h)
struct HeldTally {
  VaultId vault;
  uint64_t records = 0;
  Digest digest;
};
struct HeldTallies {
  std::vector<HeldTally> vaults;
};

// Of a vault the record with the highest sequence.
struct NewestHeld {
  SnapshotId snapshot;
  uint32_t revision = 0;
  uint64_t sequence = 0;
};

// GET /v1/hello, any role; ?vault=VAULT asks for that vault's newest record, too.
// The central may take a daemon's report by the answer: ?report=EPOCH.NUMBER&digest=HEX, which say what its newest master file is.
struct Hello {
  int protocol = 1;
  std::string program, program_version;
  HostId host;
  std::vector<std::string> features;
  uint64_t master_epoch = 0, master_number = 0;
  std::string master_digest;         // hex, of that file; the central says it
  int64_t available_bytes = -1;      // of shards that a daemon still takes; -1: it does not say (the central, earlier releases)
  Time now;
  std::optional<NewestHeld> newest;     // none: no record of that vault, not asked, or of an earlier release
  std::optional<DaemonReport> report;   // of a daemon, for the central that takes it; none: it reports by itself (earlier releases)
};

}  // namespace sparekeep
