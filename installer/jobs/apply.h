// The recipe of `apply`: check all input, register the jobs, converge what their hosts lack, run what is due, report.
#pragma once

#include "installer/central/running_central.h"
#include "installer/install/rollout.h"
#include "installer/jobs/job_run.h"
#include "installer/jobs/selection.h"
#include "installer/ssh/host_door.h"
#include "inventory/inventory.h"
#include "lib/base/random.h"
#include "playbooks/bind.h"

namespace sparekeep::central {

struct ApplyOptions {
  JobSelection selection;
  std::optional<std::string> limit;          // pattern of --limit
  bool check = false, diff = false, exit_code = false;
  size_t forks = 32;
  RolloutOptions rollout;
};

struct BoundJobs {                           // one playbook, checked against the inventory
  std::string playbook;
  std::vector<DeclaredJob> jobs;
};

struct ApplyInput {
  const Inventory& inventory;
  std::vector<BoundJobs> playbooks;
  ApplyOptions options;
};

// Reads and binds; throws usage before anything is touched. Warnings go to the console.
std::vector<BoundJobs> read_playbooks(const std::vector<std::string>& files, const Inventory& inventory, Console& console);

// What --job and --limit leave: throws usage where a pattern fits no job, or no host of the chosen jobs is left.
void check_choice(const ApplyInput& input);

struct ApplyWorld {
  RunningCentral& central;
  HostDoor& door;
  Clock& clock;
  Random& random;
  Console& console;
  HostTasks& tasks;
  std::function<void(const std::vector<std::string>& not_done)> interrupted;   // called before the summary of an apply that is interrupted, of another thread
};

// The hosts of the jobs that --job and --limit leave, in the inventory's order.
std::vector<Host> chosen_hosts(const ApplyInput& input);

// After check_choice. Throws usage before anything is touched where a restore's source is no backup job of these playbooks or of the catalogue.
Outcome apply(const ApplyInput& input, const ApplyWorld& world);

}  // namespace sparekeep::central
