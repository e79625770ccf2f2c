#include "lib/net/byte_budget.h"

#include <algorithm>

namespace sparekeep {

bool ByteBudget::fits(size_t bytes, const HostId& peer) const {
  const auto its = of_peers_.find(peer);
  return its == of_peers_.end() || its->second + bytes <= peer_bytes_max_;
}

void ByteBudget::count(size_t bytes, const HostId& peer) {
  used_ += bytes;
  peak_ = std::max(peak_, used_);
  if (!peer.is_zero() && bytes > 0) of_peers_[peer] += bytes;
}

void ByteBudget::discount(size_t bytes, const HostId& peer) {
  SK_CHECK(bytes <= used_);
  used_ -= bytes;
  const auto its = of_peers_.find(peer);
  if (its != of_peers_.end() && (its->second -= bytes) == 0) of_peers_.erase(its);
}

// Those in line for whom there is room now, with the lock held; to be told without it.
ByteBudget::Granted ByteBudget::admit() {
  Granted granted;
  for (auto next = line_.begin(); next != line_.end();) {
    if (!fits(next->bytes, next->peer)) {
      ++next;
      continue;
    }
    if (used_ + next->bytes > bytes_max_) break;
    count(next->bytes, next->peer);
    granted.push_back(std::move(next->granted));
    next = line_.erase(next);
  }
  return granted;
}

uint64_t ByteBudget::take(size_t bytes, std::function<void()> granted, const HostId& peer) {
  SK_CHECK(bytes <= bytes_max_);
  Granted ready;
  uint64_t ticket = 0;
  {
    const std::lock_guard lock(mutex_);
    ticket = ++tickets_;
    line_.push_back({bytes, std::move(granted), peer, ticket});
    ready = admit();
  }
  for (const auto& tell : ready) tell();
  return ticket;
}

bool ByteBudget::leave(uint64_t ticket) {
  Granted ready;
  {
    const std::lock_guard lock(mutex_);
    if (std::erase_if(line_, [&](const Waiting& waiting) { return waiting.ticket == ticket; }) == 0) return false;
    ready = admit();                                   // it may have stood before others that fit
  }
  for (const auto& tell : ready) tell();
  return true;
}

bool ByteBudget::charge(size_t bytes, const HostId& peer) {
  const std::lock_guard lock(mutex_);
  const bool is_alone = answers_ == 0;
  if (!fits(bytes, peer) || (!is_alone && answers_ + bytes > bytes_max_)) return false;
  answers_ += bytes;
  count(bytes, peer);
  return true;
}

void ByteBudget::give_back(size_t bytes, const HostId& peer) {
  Granted ready;
  {
    const std::lock_guard lock(mutex_);
    discount(bytes, peer);
    ready = admit();
  }
  for (const auto& tell : ready) tell();
}

void ByteBudget::give_back_answer(size_t bytes, const HostId& peer) {
  {
    const std::lock_guard lock(mutex_);
    SK_CHECK(bytes <= answers_);
    answers_ -= bytes;
  }
  give_back(bytes, peer);
}

size_t ByteBudget::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

size_t ByteBudget::peak() const {
  const std::lock_guard lock(mutex_);
  return peak_;
}

}  // namespace sparekeep
