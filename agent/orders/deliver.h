// What waits on this host for somebody: snapshots for the daemons (a crash stopped their commit) and for the central, results of runs for the
// central. Everything here is idempotent and durable on disk until it was taken.
#pragma once

#include "agent/orders/host.h"
#include "lib/central/central_client.h"
#include "lib/wire/run.h"

namespace sparekeep::agent {

// Offers again what a crash, or systems that were away, left half-way: it may be pinned on some of them already, so it is given up only when
// all of them answered and something in it cannot be had any more. Called at start, now and then, and before a backup. Error: none could be
// offered. Else why some could not, which is this host's own trouble, by their ids; they are tried again.
Result<std::map<std::string, Error>> complete_commits(AgentHost& host);

// Sends every snapshot in force to the central: descriptor, sealed key, pack lists, record. Fails only where no central answers; one that it does
// not take is set aside and stops nothing.
Result<void> send_snapshots(AgentHost& host, CentralClient& central);
void try_refused_again(const AgentHost& host);               // at a start: the central may have been mended

// Result files: kept before the first try, removed (with the outcome in the register) when the central has taken them.
Result<void> keep_result(const AgentHost& host, const RunResult& result);
// What a stop kept from becoming a result file: outcomes in the register of orders that the central has not taken. At a start.
void keep_untold_outcomes(const AgentHost& host);
Result<void> send_results(const AgentHost& host, CentralClient& central);

}  // namespace sparekeep::agent
