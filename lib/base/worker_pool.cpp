#include "lib/base/worker_pool.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>

namespace sparekeep {

WorkerPool::WorkerPool(size_t threads, size_t waiting_max) : jobs_(waiting_max), threads_max_(threads) {}

WorkerPool::~WorkerPool() {
  jobs_.close();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::submit(std::function<void()> job) {
  start_thread();
  SK_CHECK(jobs_.push(std::move(job)));
}

// One for the job that comes, unless one is free for it. Where the system gives no more, those that there are do it.
void WorkerPool::start_thread() {
  const std::lock_guard lock(mutex_);
  if (--free_ >= 0 || threads_.size() == threads_max_) return;
  try {
    threads_.emplace_back([this] { work(); });
    ++free_;
  } catch (const std::system_error&) {
    if (threads_.empty()) throw;
  }
}

void WorkerPool::work() {
  while (auto job = jobs_.pop()) {
    (*job)();
    const std::lock_guard lock(mutex_);
    ++free_;
  }
}

void parallel_for(size_t count, size_t threads, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::exception_ptr first;
  const auto loop = [&] {
    for (size_t i = next++; i < count; i = next++) try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first) first = std::current_exception();
        next = count;
      }
  };
  std::vector<std::thread> pool;
  pool.reserve(std::min(threads, count));
  for (size_t i = 1; i < std::min(threads, count); ++i) try {
      pool.emplace_back(loop);
    } catch (const std::system_error&) {               // fewer threads do the same work
      break;
    }
  loop();
  for (std::thread& thread : pool) thread.join();
  if (first) std::rethrow_exception(first);
}

}  // namespace sparekeep
