// The snapshot of a run whose agent was stopped before it told of it. The central gives such an order again, after the snapshot is in force
// and even in the catalogue: the run has made it, and makes no other one.
#pragma once

#include <optional>

#include "agent/backup/outbox.h"
#include "agent/orders/host.h"
#include "lib/wire/order.h"
#include "lib/wire/run.h"

namespace sparekeep::agent {

// Before a snapshot that the central has is removed from the outbox: kept in `RUN.made` beside it, durably, unless its order is carried out.
Result<void> keep_made(const AgentHost& host, const Bundle& bundle, const SnapshotRecord& record);

struct SnapshotOfRun {
  std::optional<RunResult> made;                             // which files it could not read is not known any more
  std::string unfinished;                                    // the name of a record that too few systems have taken yet; where they do, the run has made it
};
// What the run of an order has made, from what waits on this host and what keep_made() left. Another process may move it on meanwhile: it is looked for in
// the order of the moves. An error where something that may be it cannot be read.
Result<SnapshotOfRun> made_snapshot(const AgentHost& host, const Order& order);

void forget_made(const AgentHost& host, const RunId& run);   // the central has the result of the run
void forget_old_made(const AgentHost& host);                 // of orders that never came again

}  // namespace sparekeep::agent
