// An order to back up: puts together what the recipe needs, and runs it between its hooks.
#pragma once

#include "agent/backup/command_output.h"
#include "agent/backup/targets.h"
#include "agent/orders/hooks.h"
#include "agent/orders/host.h"
#include "agent/restore/restore.h"

namespace sparekeep::agent {

struct RunHooks {                                     // how a run speaks with whoever waits for it, and with who has more rights
  std::function<void(const RunProgress&)> progress;
  std::function<bool()> stopped;
  // Runs the hooks of one step (kBeforeStep, kAfterStep); empty: in this process.
  std::function<Result<SkipReason>(std::string_view step, const std::vector<Hook>& hooks)> run_step = {};
  std::function<RunResult(const RunHooks& hooks)> restore = {};   // carries out the whole order to restore; empty: this process does
  CommandStarter start_command = {};                  // empty: in this process
  TargetOpener open_target = {};                      // empty: in this process, wherever the order says
};

// A failure of the backup or of its hooks is in the result; a hook before it may ask to leave it out ("skipped").
RunResult run_backup_order(const Order& order, AgentHost& host, const RunHooks& hooks);
RunResult run_restore_order(const Order& order, AgentHost& host, const RunHooks& hooks);   // throws Error

RunResult run_reach_order(const Order& order, AgentHost& host);

// Best first for each pack: never this host, nor (unless this machine plays several) another one on the same machine, and last of all what is
// in its own zone.
PlacementOrder placement_for(const HostId& self, const AgentSettings& settings, std::shared_ptr<const MasterCopy> master);

Path outbox_folder(const AgentHost& host);
// Sequence numbers, journal and memory of a vault are one backup's at a time: the service's, or that of a command. So is what completes one.
Result<FileLock> lock_vault(const Path& state);
Path orders_folder(const AgentHost& host);               // of the RunRegister: which orders this agent has carried out
constexpr std::string_view kOrderStep = "order";

}  // namespace sparekeep::agent
