// How many bytes of bodies a server holds in memory at once, and how many of one peer. Whoever wants to read a body waits in line for
// room, first come first served; who waits for its own limit holds up nobody else. Answers that handlers have made already are counted,
// and hold up the next one in line; there are never more of them than the maximum either, but for one that is alone.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "lib/base/bytes.h"
#include "lib/base/id.h"

namespace sparekeep {

class ByteBudget {
 public:
  explicit ByteBudget(size_t bytes_max, size_t peer_bytes_max = SIZE_MAX) : bytes_max_(bytes_max), peer_bytes_max_(peer_bytes_max) {}

  // Calls `granted` at once or later, from whatever thread gives bytes back. bytes <= the maximum. Nobody (zero) has no limit of its own;
  // one body a peer is always within its limit. A ticket to leave the line with.
  uint64_t take(size_t bytes, std::function<void()> granted, const HostId& peer = {});
  bool leave(uint64_t ticket);                          // false: it was granted, or will be in this moment
  bool charge(size_t bytes, const HostId& peer = {});   // an answer, without waiting; false: too much, and not counted
  void give_back(size_t bytes, const HostId& peer = {});
  void give_back_answer(size_t bytes, const HostId& peer = {});
  size_t used() const;
  size_t peak() const;

 private:
  struct Waiting {
    size_t bytes;
    std::function<void()> granted;
    HostId peer;
    uint64_t ticket;
  };
  using Granted = std::vector<std::function<void()>>;
  bool fits(size_t bytes, const HostId& peer) const;    // its own limit
  void count(size_t bytes, const HostId& peer);
  void discount(size_t bytes, const HostId& peer);
  Granted admit();
  const size_t bytes_max_, peer_bytes_max_;
  mutable std::mutex mutex_;
  size_t used_ = 0, peak_ = 0, answers_ = 0;
  uint64_t tickets_ = 0;
  std::map<HostId, size_t> of_peers_;
  std::deque<Waiting> line_;                            // at most one a connection
};

// Some of a budget for the time of a scope.
class BudgetHold {
 public:
  BudgetHold(ByteBudget& budget, const HostId& peer) : budget_(budget), peer_(peer) {}
  BudgetHold(const BudgetHold&) = delete;
  ~BudgetHold() { release(); }
  const HostId& peer() const { return peer_; }
  void holds(size_t bytes) { bytes_ += bytes; }         // taken by the caller
  bool charge(size_t bytes) {
    const bool counted = budget_.charge(bytes, peer_);
    if (counted) answer_ += bytes;
    return counted;
  }
  void release() {
    if (bytes_ > 0) budget_.give_back(std::exchange(bytes_, 0), peer_);
    if (answer_ > 0) budget_.give_back_answer(std::exchange(answer_, 0), peer_);
  }

 private:
  ByteBudget& budget_;
  const HostId peer_;
  size_t bytes_ = 0, answer_ = 0;
};

}  // namespace sparekeep
