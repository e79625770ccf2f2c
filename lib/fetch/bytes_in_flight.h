// A number of bytes that several workers share: each takes what it is about to hold and waits while there is not enough left.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace sparekeep {

class BytesInFlight {
 public:
  explicit BytesInFlight(uint64_t bytes_max) : bytes_max_(bytes_max), left_(bytes_max) {}

  class Share {                                       // given back when it dies
   public:
    Share(BytesInFlight& budget, uint64_t bytes) : budget_(budget), bytes_(budget.take(bytes)) {}
    ~Share() { budget_.give_back(bytes_); }
    Share(const Share&) = delete;

   private:
    BytesInFlight& budget_;
    uint64_t bytes_;
  };

 private:
  uint64_t take(uint64_t bytes) {                     // more than there is at all: everything
    bytes = std::min(bytes, bytes_max_);
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [&] { return left_ >= bytes; });
    left_ -= bytes;
    return bytes;
  }
  void give_back(uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    left_ += bytes;
    returned_.notify_all();
  }

  const uint64_t bytes_max_;
  uint64_t left_;
  std::mutex mutex_;
  std::condition_variable returned_;
};

}  // namespace sparekeep
