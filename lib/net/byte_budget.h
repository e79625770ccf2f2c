// How many bytes of bodies a server holds in memory at once. Whoever wants to read a body waits in line for room, first
// come first served; answers that handlers have made already are only counted, and hold up the next one in line.
#pragma once

#include <deque>
#include <functional>
#include <mutex>

#include "lib/base/bytes.h"

namespace sparekeep {

class ByteBudget {
 public:
  explicit ByteBudget(size_t bytes_max) : bytes_max_(bytes_max) {}

  // Calls `granted` at once or later, from whatever thread gives bytes back. bytes <= the maximum.
  void take(size_t bytes, std::function<void()> granted);
  void charge(size_t bytes);                            // without waiting
  void give_back(size_t bytes);
  size_t used() const;
  size_t peak() const;

 private:
  struct Waiting {
    size_t bytes;
    std::function<void()> granted;
  };
  void count(size_t bytes);
  const size_t bytes_max_;
  mutable std::mutex mutex_;
  size_t used_ = 0, peak_ = 0;
  std::deque<Waiting> line_;                            // at most one a connection
};

// Some of a budget for the time of a scope.
class BudgetHold {
 public:
  explicit BudgetHold(ByteBudget& budget) : budget_(budget) {}
  BudgetHold(const BudgetHold&) = delete;
  ~BudgetHold() { release(); }
  void holds(size_t bytes) { bytes_ += bytes; }         // taken or charged by the caller
  void release() {
    if (bytes_ > 0) budget_.give_back(std::exchange(bytes_, 0));
  }

 private:
  ByteBudget& budget_;
  size_t bytes_ = 0;
};

// Big buffers used again: memory touched for the first time costs more than what is done with it.
class BufferPool {
 public:
  Bytes take(size_t size);                              // contents undefined
  void give_back(Bytes buffer);

 private:
  std::mutex mutex_;
  std::vector<Bytes> kept_;
};

}  // namespace sparekeep
