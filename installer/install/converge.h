// Makes hosts what the inventory declares: one round of facts, a plan (plan.h), one round of change, then health. Repeatable:
// a host that is as declared is `ok` in every task and nothing on it is written. A host that fails does not stop the others.
#pragma once

#include <functional>
#include <optional>

#include "installer/central/running_central.h"
#include "installer/install/rollout.h"
#include "installer/ssh/host_door.h"
#include "inventory/inventory.h"
#include "lib/cli/host_tasks.h"

namespace sparekeep::central {

constexpr size_t kForksDefault = 32;                   // a host costs the central a few milliseconds; what it waits for are hosts

struct ConvergedHost {
  std::string name;
  std::optional<HostId> id;                            // made on the host; none where it failed before, or with check on a new host
  std::optional<HostId> told_id;                       // as the host says, proven or not
  bool begun = true;                                   // false: the rollout was over before
  bool failed = false;                                 // said in its tasks
  bool changed = false;                                // with check: would be
};

struct ConvergeOptions {
  Clock& clock;
  HostDoor& door;
  Path programs;                                       // the folder with sparekeepd, sparekeep-agent and libisal.so.2: program_folder()
  bool check = false;                                  // predict: hosts and catalogue stay as they are
  std::function<void(std::string_view)> show_diff = {};  // gets text differences of configuration; none: not wanted
  size_t forks = kForksDefault;                        // hosts worked on at once
  Rollout* rollout = nullptr;                          // of exactly these hosts, in their order; none: all in one batch, to its end
  std::function<void(const std::vector<ConvergedHost>&, Rollout::Batch)> after_batch = {};   // of all hosts, and which of them were just done
};

// In the order of `hosts`. Every host gets its tasks as they happen; storage systems that are new have reported to the central when
// it returns, and agents poll it. Throws nothing that is one host's matter.
std::vector<ConvergedHost> converge_hosts(RunningCentral& central, const Inventory& inventory, const std::vector<Host>& hosts,
                                          const ConvergeOptions& options, HostTasks& tasks);

// The same host with an agent, whatever roles the inventory gives it: what jobs and restores need on it.
Host with_agent(Host host);

// The folder of the running program: where a release keeps the programs of hosts.
Path program_folder();

}  // namespace sparekeep::central
