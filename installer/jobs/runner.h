// Has hosts carry out orders and waits for what comes of them: hosts in parallel, the orders of one host one after the other
// (an agent takes one at a time). A host that fails does not stop the others.
#pragma once

#include <functional>

#include "installer/central/running_central.h"
#include "installer/jobs/job_run.h"
#include "installer/jobs/progress_board.h"

namespace sparekeep::central {

struct Work {
  std::string job, host, kind;               // as people read them
  HostId host_id;
  std::function<Result<Order>()> order;      // asked when its turn comes; without run, times and key
  bool is_prediction = false;                // no run of the job
};

struct RunnerContext {
  RunningCentral& central;
  Clock& clock;
  Random& random;
  Console& console;
  HostTasks& tasks;
  RunList& runs;                             // each work is "running" there until its result stands in its place
  bool show_changes = false;                 // of restores, one line each: --check and --diff
};

constexpr Duration kAgentLimit = std::chrono::seconds(30);       // until an agent polls
constexpr size_t kHostsAtOnce = 64;

// Adds them in the order of `works`. Prints each as it ends: its task, its errors (at most kErrorsShownMax), changes and warnings.
void run_works(const RunnerContext& context, const std::vector<Work>& works);

}  // namespace sparekeep::central
