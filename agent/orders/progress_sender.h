// Tells the central of a run from a thread of its own: what is new twice a second, and the same again every few seconds, so
// that a run at one big file, or waiting for a frozen system, is not taken for a dead one. The run never waits for the central.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "lib/central/central_client.h"

namespace sparekeep::agent {

class ProgressSender {
 public:
  ProgressSender(CentralClient central, const RunId& run);
  ~ProgressSender();
  ProgressSender(const ProgressSender&) = delete;

  void tell(const RunProgress& progress);

 private:
  void run();

  CentralClient central_;                              // the thread's
  std::mutex mutex_;
  std::condition_variable changed_;
  RunProgress latest_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sparekeep::agent
