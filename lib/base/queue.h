// A bounded queue between two stages: memory is bounded by construction. Closing it with an Error is how a failure crosses
// from one thread to the next; what is already in the queue is still delivered after an ordinary close, not after a failure.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "lib/base/error.h"

namespace sparekeep {

template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t items_max) : items_max_(items_max) { SK_CHECK(items_max > 0); }

  // Waits for room. false: the queue was closed, the item was not taken.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return closed_ || items_.size() < items_max_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    ready_.notify_one();
    return true;
  }

  // Waits for an item. Empty: closed and drained. Throws the Error that the queue was closed with.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return closed_ || !items_.empty(); });
    if (error_) throw *error_;
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    room_.notify_one();
    return item;
  }

  void close() { close_with(std::nullopt); }
  void close(Error error) { close_with(std::move(error)); }

 private:
  void close_with(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    if (error && !error_) error_ = std::move(error);
    closed_ = true;
    ready_.notify_all();
    room_.notify_all();
  }

  const size_t items_max_;
  std::mutex mutex_;
  std::condition_variable ready_, room_;
  std::deque<T> items_;
  std::optional<Error> error_;
  bool closed_ = false;
};

}  // namespace sparekeep
