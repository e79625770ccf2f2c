// A fixed number of threads that run jobs in the order they came. A job must not throw (give its failure to whoever waits
// for it); the destructor waits for every job that was accepted.
#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "lib/base/queue.h"

namespace sparekeep {

class WorkerPool {
 public:
  WorkerPool(size_t threads, size_t waiting_max);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;

  void submit(std::function<void()> job);  // waits while `waiting_max` jobs are waiting

 private:
  BoundedQueue<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
};

// Runs `work(i)` for i in [0, count) on up to `threads` threads (fewer where the system gives no more) and waits; rethrows the
// first exception.
void parallel_for(size_t count, size_t threads, const std::function<void(size_t)>& work);

}  // namespace sparekeep
