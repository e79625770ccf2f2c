// One host with files, and a few daemons in this process: backs up and restores by the recipes that the agent runs.
#pragma once

#include "agent/backup/backup.h"
#include "agent/restore/restore.h"
#include "test/chain/test_daemons.h"

namespace sparekeep {

class ChainWorld {
 public:
  explicit ChainWorld(size_t daemons, uint64_t seed = 1);

  // Adds a snapshot of `source`; throws as run_backup does.
  RunResult back_up(const Path& source, Layout layout);
  RunResult restore(const std::string& snapshot, const Path& source, const Path& target, bool check_only = false);
  RunResult restore(const RestoreOrder& wanted);         // the same with everything else that an order can say

  TestDaemon& daemon(size_t i) { return *daemons_.at(i); }
  size_t size() const { return daemons_.size(); }
  agent::LocalVault vault();
  const HostId& host() const { return host_; }
  Tls client(const std::set<Role>& roles) { return authority_.tls(host_, roles); }
  const TestAuthority& authority() const { return authority_; }
  Path state() const { return state_.path(); }
  std::vector<std::string> findings;                     // of the last restore

 private:
  agent::VaultRecipients recipients();
  SeededRandom random_;
  TestAuthority authority_;
  HostId host_;
  JobId job_;
  Tls tls_;
  OpeningKey escrow_, recovery_, own_;
  TemporaryFolder state_;
  std::vector<std::unique_ptr<TestDaemon>> daemons_;
};

}  // namespace sparekeep
