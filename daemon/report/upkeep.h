// What a daemon does now and then, in a thread of its own, and once more at its end. Work that fails is a log line, and is
// tried again at the next turn: a full disk must not end the daemon, which still gives back what it keeps.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "lib/base/clock.h"

namespace sparekeep::daemon {

class Upkeep {
 public:
  Upkeep(Duration every, std::function<void()> work);
  ~Upkeep() = default;                               // stops, after a last turn
  Upkeep(const Upkeep&) = delete;

 private:
  void run(const std::stop_token& stop);
  void turn() const;

  const Duration every_;
  const std::function<void()> work_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace sparekeep::daemon
