// One host with files and a vault, and systems in memory with switches for their faults: what backups are tried on without a network.
#pragma once

#include "agent/backup/backup.h"
#include "lib/vault/pack_list.h"
#include "test/support/faulty_store.h"
#include "test/support/still_clock.h"
#include "test/support/temporary_folder.h"

namespace sparekeep::agent {

struct BackupBench {
  explicit BackupBench(size_t systems);

  void write(const std::string& name, size_t size, uint64_t seed);      // a file of noise in the source folder
  Order order(Layout layout) const;                                     // of `job`
  RunResult back_up(const Order& order, const std::function<bool()>& stopped = {});
  RunResult back_up(Layout layout) { return back_up(order(layout)); }
  SnapshotRecord record(const RunResult& run) const;                    // as the first system that is well holds it
  std::vector<PackEntry> packs(const RunResult& run, PackKind kind) const;   // that the snapshot names
  Targets targets() const;                                              // of the systems that are in the master file
  size_t shards() const;                                                // on all systems

  SeededRandom random{7};
  StillClock clock{Time{4'000'000'000'000'000'000}};                    // after every file's time: what has not changed is not read
  std::vector<std::shared_ptr<FaultyStore>> systems;
  std::set<HostId> unknown;                                             // not in the master file
  WalkOptions walk;
  std::set<HostId> without_room;                                        // placement passes them over
  TemporaryFolder source, state;
  OpeningKey recovery = OpeningKey::make(random), own = OpeningKey::make(random);
  HostId host = random.id<HostId>();
  JobId job = random.id<JobId>();
  LocalVault vault;

 private:
  static constexpr Duration kNoWait = std::chrono::seconds(1);
  Bytes held(StoredKind kind, const std::string& name) const;             // by a system that is well
};

}  // namespace sparekeep::agent
