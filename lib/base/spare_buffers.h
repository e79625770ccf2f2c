// Big buffers used again: to touch memory for the first time costs more than most of what is done with it. Thread safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "lib/base/bytes.h"

namespace sparekeep {

class SpareBuffers {
 public:
  // Keeps so many, of a capacity between these two (bytes): smaller ones come from the heap as soon.
  explicit SpareBuffers(size_t kept_max, size_t capacity_min = 1, size_t capacity_max = SIZE_MAX)
      : kept_max_(kept_max), capacity_min_(capacity_min), capacity_max_(capacity_max) {
    waiting_.reserve(kept_max);           // give() takes no memory
  }

  // The one that came back last and has this capacity, with what was in it: its memory is nearest. Empty where there is none.
  Bytes take(size_t capacity = 0) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(waiting_.rbegin(), waiting_.rend(), [&](const Bytes& buffer) { return buffer.capacity() >= capacity; });
    if (found == waiting_.rend()) return {};
    Bytes buffer = std::move(*found);
    waiting_.erase(std::next(found).base());
    return buffer;
  }

  Bytes sized(size_t size) {              // of this size; contents undefined
    Bytes buffer = size < capacity_min_ ? Bytes() : take(size);
    buffer.resize(size);
    return buffer;
  }

  void give(Bytes buffer) {               // what is not kept is freed
    if (buffer.capacity() < capacity_min_ || buffer.capacity() > capacity_max_) return;
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < kept_max_) waiting_.push_back(std::move(buffer));
  }

 private:
  const size_t kept_max_, capacity_min_, capacity_max_;
  std::mutex mutex_;
  std::vector<Bytes> waiting_;
};

}  // namespace sparekeep
