// A central in a folder of its own, made by the real init; a clock that stands; and a host with a vault.
#pragma once

#include "installer/central/init.h"
#include "installer/central/object_intake.h"
#include "installer/central/recovery_file.h"
#include "installer/central/sqlite_catalogue.h"
#include "installer/central/state.h"
#include "lib/vault/descriptor.h"
#include "lib/vault/key_record.h"
#include "lib/vault/pack_list.h"
#include "lib/vault/snapshot_record.h"
#include "test/support/temporary_folder.h"

namespace sparekeep::central {

class StandingClock final : public Clock {           // moves when it is told to, or slept on
 public:
  Time now() const override { return now_; }
  Duration boot_time() const override { return boot_; }
  void sleep(Duration duration) override { now_ = now_ + duration, boot_ += duration; }
  void step(Duration duration) { now_ = now_ + duration; }   // somebody sets the wall clock

 private:
  Time now_{1'795'381'507'000'000'000};
  Duration boot_ = std::chrono::hours(1);
};

struct TestCentral {
  TestCentral();
  Path state_path() const { return folder / "state"; }
  CentralState open() { return CentralState::open(state_path(), {}, clock); }
  RecoveryKeys recovery() const { return read_recovery_file(folder / "recovery").value(); }

  TemporaryFolder folder;
  StandingClock clock;
  SeededRandom random{42};
};

// A host that backs up: its vault, and what it would send of it.
struct TestHost {
  TestHost(const Delegation& trust, uint64_t seed);
  Bytes key_record(const std::vector<Recipient>& recipients);
  Bytes record(const SnapshotId& snapshot, uint32_t revision, const std::string& job);
  void place(Layout layout, const std::vector<HostId>& places);      // its one pack, of the records from then on

  SeededRandom random;
  HostId id;
  SigningKey signer;
  VaultId vault;
  VaultKeys keys;
  OpeningKey own;
  std::vector<Recipient> recipients;                 // as the delegation wants them
  Delegation trust;
  Bytes descriptor, block;
  std::string calls_itself = "web1";
  std::optional<JobId> of_job;                       // otherwise one that its name gives
  uint64_t sequence = 0;

 private:
  Bytes block_of(const PackId& of_pack, Layout layout, std::vector<HostId> places) const;
};

}  // namespace sparekeep::central
