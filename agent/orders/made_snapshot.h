// The snapshot of a run whose agent was stopped before it told of it. The central gives such an order again, after the snapshot is in force
// and even in the catalogue: the run has made it, and makes no other one.
#pragma once

#include <optional>

#include "agent/backup/outbox.h"
#include "agent/orders/host.h"
#include "lib/wire/run.h"

namespace sparekeep::agent {

// Before a snapshot that the central has is removed from the outbox: kept in `RUN.made` beside it, durably, unless its order is carried out.
Result<void> keep_made(const AgentHost& host, const Bundle& bundle, const SnapshotRecord& record);

// What run `run` has made, from what waits for the central and what keep_made() left. Which files it could not read is not known any more.
std::optional<RunResult> made_snapshot(const AgentHost& host, const RunId& run);

// The name of a record of that run which too few systems have taken yet; where they do, it is what the run has made.
std::optional<std::string> unfinished_snapshot(const AgentHost& host, const RunId& run);

void forget_made(const AgentHost& host, const RunId& run);   // the central has the result of the run
void forget_old_made(const AgentHost& host);                 // of orders that never came again

}  // namespace sparekeep::agent
