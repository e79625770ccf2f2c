#include "daemon/report/upkeep.h"

#include "lib/base/caught.h"
#include "lib/base/log.h"

namespace sparekeep::daemon {

Upkeep::Upkeep(Duration every, std::function<void()> work) : every_(every), work_(std::move(work)) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Upkeep::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  while (!wake_.wait_for(lock, stop, every_, [&] { return stop.stop_requested(); })) turn();
  turn();
}

void Upkeep::turn() const {
  if (const Result<void> done = caught(work_); !done) log_warning("upkeep, tried again: " + done.error().text());
}

}  // namespace sparekeep::daemon
