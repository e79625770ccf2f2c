#include "installer/jobs/late_results.h"

#include <set>

#include "lib/base/clock.h"

namespace sparekeep::central {

namespace {

constexpr Duration kPatience = std::chrono::seconds(1);
constexpr Duration kLateness = std::chrono::hours(24);      // after that nobody waits for a run any more
constexpr size_t kRunsMax = 200;                            // the newest ones are looked at

bool is_unfinished(const RunEntry& run) { return run.result.empty() && (run.state == "queued" || run.state == "running"); }

}  // namespace

void hear_late_results(RunningCentral& central, Clock& clock) {
  std::set<HostId> awaited;
  for (const RunEntry& run : central.catalogue().runs(std::nullopt, kRunsMax))
    if (is_unfinished(run) && run.queued + kLateness > clock.now()) awaited.insert(run.host);
  const Deadline deadline(clock, kPatience);
  for (const HostId& host : awaited) central.wait_for_agent(host, deadline.left());
}

}  // namespace sparekeep::central
