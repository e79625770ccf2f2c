// Threads that run jobs in the order they came: up to a number of them, each started when the first job comes that none is free for. A
// job must not throw (give its failure to whoever waits for it); the destructor waits for every job that was accepted.
#pragma once

#include <functional>
#include <mutex>
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
  void start_thread();
  void work();

  BoundedQueue<std::function<void()>> jobs_;
  const size_t threads_max_;
  std::mutex mutex_;                       // over the two below
  int64_t free_ = 0;                       // threads that wait, less jobs that wait for one
  std::vector<std::thread> threads_;
};

// Runs `work(i)` for i in [0, count) on up to `threads` threads (fewer where the system gives no more) and waits; rethrows the
// first exception.
void parallel_for(size_t count, size_t threads, const std::function<void(size_t)>& work);

}  // namespace sparekeep
