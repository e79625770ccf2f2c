// A vault in memory and an empty place to restore it into.
#pragma once

#include "agent/restore/restore.h"
#include "test/support/fetch_world.h"
#include "test/support/temporary_folder.h"

namespace sparekeep::agent {

struct RestoreFixture {
  TemporaryFolder folder;
  FetchWorld vault{1, 4};
  std::optional<Reading> reading;
  AccountNames names;
  Order order;

  RestoreFixture() {
    reading.emplace(vault);
    order.restore.target = (folder / "target").string();
  }
  void hold(std::vector<TestFile> files) {             // a snapshot of these, from now on
    vault.record = vault.vault.write(std::move(files), vault.stores());
    reading.emplace(vault);
  }
  RunResult run_order(PathPredicate included = {}, std::function<bool()> stopped = {}) {
    RestoreWorld world{vault.clock, names, *reading->reader};
    return run_restore({order, {order.restore.path, std::move(included), {}}, {}, std::move(stopped)}, world);
  }
};

}  // namespace sparekeep::agent
