// Buffers that go round between the stages of a chain: to touch memory for the first time costs more than most of what is done with it. Thread safe.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "lib/base/bytes.h"

namespace sparekeep {

class SpareBuffers {
 public:
  explicit SpareBuffers(size_t kept_max) : kept_max_(kept_max) { waiting_.reserve(kept_max); }   // give() takes no memory

  // The one that came back last, with what was in it: its memory is nearest. Empty where none waits.
  Bytes take() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return {};
    Bytes buffer = std::move(waiting_.back());
    waiting_.pop_back();
    return buffer;
  }

  void give(Bytes buffer) {               // over `kept_max` waiting ones: freed
    const std::lock_guard lock(mutex_);
    if (buffer.capacity() > 0 && waiting_.size() < kept_max_) waiting_.push_back(std::move(buffer));
  }

 private:
  const size_t kept_max_;
  std::mutex mutex_;
  std::vector<Bytes> waiting_;
};

}  // namespace sparekeep
