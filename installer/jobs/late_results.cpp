#include "installer/jobs/late_results.h"

#include <set>

#include "lib/base/clock.h"

namespace sparekeep::central {

namespace {

constexpr Duration kPatience = std::chrono::seconds(1);
constexpr Duration kLittlePatience = std::chrono::milliseconds(250);   // more than hosts of this machine take; of others only chance brings one in a second
constexpr Duration kLongAgo = std::chrono::minutes(10);

}  // namespace

void hear_late_results(RunningCentral& central, Clock& clock) {
  std::set<HostId> awaited;
  Duration patience = kLittlePatience;
  for (const RunEntry& run : central.catalogue().unended_runs()) {
    if (run.queued + kRunLateAfter <= clock.now()) continue;
    awaited.insert(run.host);                                                   // also of given up ones: their hosts may know better
    if (run.queued + kLongAgo > clock.now()) patience = kPatience;
  }
  const Deadline deadline(clock, patience);
  for (const HostId& host : awaited) central.wait_for_agent(host, deadline.left());
}

}  // namespace sparekeep::central
