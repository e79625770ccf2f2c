#include "daemon/shards/lock_age.h"

#include <algorithm>

namespace sparekeep::daemon {

Duration LockAge::advance() {
  const std::lock_guard lock(mutex_);
  const Time wall = clock_.now();
  const Duration boot = clock_.boot_time();
  age_ += std::max(Duration(0), std::min(wall - wall_, boot - boot_));
  wall_ = wall;
  boot_ = boot;
  return age_;
}

Duration LockAge::now() const {
  const std::lock_guard lock(mutex_);
  return age_;
}

}  // namespace sparekeep::daemon
