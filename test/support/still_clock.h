// A clock that goes on only when it is told to, or when somebody sleeps: waiting costs no time.
#pragma once

#include <mutex>

#include "lib/base/clock.h"

namespace sparekeep {

class StillClock final : public Clock {               // thread safe
 public:
  explicit StillClock(Time now = {1'700'000'000'000'000'000}) : start_(now) {}
  Time now() const override { return start_ + boot_time(); }
  Duration boot_time() const override {
    const std::lock_guard lock(mutex_);
    return passed_;
  }
  void sleep(Duration duration) override {
    const std::lock_guard lock(mutex_);
    passed_ += duration;
  }

 private:
  const Time start_;
  mutable std::mutex mutex_;
  Duration passed_{0};
};

}  // namespace sparekeep
