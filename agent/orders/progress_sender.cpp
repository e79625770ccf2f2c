#include "agent/orders/progress_sender.h"

namespace sparekeep::agent {

namespace {

constexpr Duration kStep = std::chrono::milliseconds(500);
constexpr int kStepsAtMost = static_cast<int>(kProgressEvery / kStep);      // without anything new

}  // namespace

ProgressSender::ProgressSender(CentralClient central, const RunId& run) : central_(std::move(central)) {
  latest_.run = run;
  latest_.phase = "plan";
  thread_ = std::thread([this] { this->run(); });
}

ProgressSender::~ProgressSender() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  central_.close();
  changed_.notify_all();
  thread_.join();
}

void ProgressSender::tell(const RunProgress& progress) {
  const std::lock_guard lock(mutex_);
  latest_ = progress;
}

void ProgressSender::run() {
  RunProgress told;
  int steps = kStepsAtMost;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const bool is_new = latest_.phase != told.phase || latest_.files != told.files || latest_.bytes != told.bytes;
    if (is_new || steps >= kStepsAtMost) {
      told = latest_;
      steps = 0;
      lock.unlock();
      (void)central_.progress(told);                   // lost ones are followed by others
      lock.lock();
    }
    ++steps;
    changed_.wait_for(lock, kStep, [this] { return stopping_; });
  }
}

}  // namespace sparekeep::agent
