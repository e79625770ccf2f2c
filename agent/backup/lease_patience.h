// How long a backup waits for files that other programs have a lease on (file servers, for clients that write). To open one asks the program to give
// the lease up, which takes it a moment; the kernel takes it away from one that does not, after /proc/sys/fs/lease-break-time (45 s).
#pragma once

#include <algorithm>
#include <functional>

#include "lib/base/clock.h"

namespace sparekeep::agent {

class LeasePatience {
 public:
  static constexpr Duration kOfFile = std::chrono::seconds(60), kOfRun = std::chrono::minutes(10);

  LeasePatience(Clock& clock, std::function<bool()> ended) : clock_(clock), ended_(std::move(ended)) {}

  // WalkOptions::wait_for_lease
  bool wait(unsigned again) {
    if (again == 0) of_file_ = kOfFile;
    const Duration step = std::min(kStepMax, kStepMin * (1 << std::min(again, 10U)));
    if (ended_() || step > of_file_ || step > of_run_) return false;
    clock_.sleep(step);
    of_file_ -= step, of_run_ -= step;
    return true;
  }

 private:
  static constexpr Duration kStepMin = std::chrono::milliseconds(1), kStepMax = std::chrono::milliseconds(100);
  Clock& clock_;
  const std::function<bool()> ended_;
  Duration of_file_{}, of_run_ = kOfRun;
};

}  // namespace sparekeep::agent
