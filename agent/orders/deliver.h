// What waits on this host for somebody: snapshots for the daemons (a crash stopped their commit) and for the central, results of runs for the
// central. Everything here is idempotent and durable on disk until it was taken.
#pragma once

#include "agent/orders/host.h"
#include "lib/central/central_client.h"
#include "lib/wire/run.h"

namespace sparekeep::agent {

// Completes or gives up commits that a crash left half-way. Called before a backup and at start.
void complete_commits(AgentHost& host);

// Sends every snapshot in force to the central: descriptor, sealed key, pack lists, record. The first failure ends it; what is left waits.
Result<void> send_snapshots(AgentHost& host, CentralClient& central);

// Result files: kept before the first try, removed when the central has taken them.
Result<void> keep_result(const AgentHost& host, const RunResult& result);
Result<void> send_results(const AgentHost& host, CentralClient& central);

}  // namespace sparekeep::agent
