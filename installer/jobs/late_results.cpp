#include "installer/jobs/late_results.h"

#include <set>

#include "lib/base/clock.h"

namespace sparekeep::central {

namespace {

constexpr Duration kPatience = std::chrono::seconds(1);

}  // namespace

void hear_late_results(RunningCentral& central, Clock& clock) {
  std::set<HostId> awaited;
  for (const RunEntry& run : central.catalogue().unended_runs())
    if (run.queued + kRunLateAfter > clock.now()) awaited.insert(run.host);     // also given up ones: their hosts may know better
  const Deadline deadline(clock, kPatience);
  for (const HostId& host : awaited) central.wait_for_agent(host, deadline.left());
}

}  // namespace sparekeep::central
