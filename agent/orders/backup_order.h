// An order to back up: puts together what the recipe needs, and runs it between its hooks.
#pragma once

#include "agent/orders/host.h"
#include "lib/wire/order.h"
#include "lib/wire/run.h"

namespace sparekeep::agent {

struct RunHooks {                                     // how a run speaks with whoever waits for it
  std::function<void(const RunProgress&)> progress;
  std::function<bool()> stopped;
};

RunResult run_backup_order(const Order& order, AgentHost& host, const RunHooks& hooks);    // throws Error
RunResult run_restore_order(const Order& order, AgentHost& host, const RunHooks& hooks);   // throws Error

Path outbox_folder(const AgentHost& host);

}  // namespace sparekeep::agent
