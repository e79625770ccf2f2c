#include "lib/net/byte_budget.h"

#include <algorithm>

namespace sparekeep {
namespace {

constexpr size_t kKeptBytesMin = 256 << 10;     // smaller ones come from the heap anyway
constexpr size_t kKeptBytesMax = 17 << 20;
constexpr size_t kKeptMax = 2;

}  // namespace

void ByteBudget::count(size_t bytes) {
  used_ += bytes;
  peak_ = std::max(peak_, used_);
}

void ByteBudget::take(size_t bytes, std::function<void()> granted) {
  SK_CHECK(bytes <= bytes_max_);
  {
    const std::lock_guard lock(mutex_);
    if (!line_.empty() || used_ + bytes > bytes_max_) {
      line_.push_back({bytes, std::move(granted)});
      return;
    }
    count(bytes);
  }
  granted();
}

void ByteBudget::charge(size_t bytes) {
  const std::lock_guard lock(mutex_);
  count(bytes);
}

void ByteBudget::give_back(size_t bytes) {
  std::vector<std::function<void()>> ready;
  {
    const std::lock_guard lock(mutex_);
    SK_CHECK(bytes <= used_);
    used_ -= bytes;
    while (!line_.empty() && used_ + line_.front().bytes <= bytes_max_) {
      count(line_.front().bytes);
      ready.push_back(std::move(line_.front().granted));
      line_.pop_front();
    }
  }
  for (const auto& granted : ready) granted();
}

size_t ByteBudget::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

size_t ByteBudget::peak() const {
  const std::lock_guard lock(mutex_);
  return peak_;
}

Bytes BufferPool::take(size_t size) {
  Bytes buffer;
  if (size >= kKeptBytesMin) {
    const std::lock_guard lock(mutex_);
    auto fitting = std::find_if(kept_.begin(), kept_.end(), [&](const Bytes& kept) { return kept.capacity() >= size; });
    if (fitting != kept_.end()) {
      buffer = std::move(*fitting);
      kept_.erase(fitting);
    }
  }
  buffer.resize(size);
  return buffer;
}

void BufferPool::give_back(Bytes buffer) {
  if (buffer.capacity() < kKeptBytesMin || buffer.capacity() > kKeptBytesMax) return;
  const std::lock_guard lock(mutex_);
  if (kept_.size() < kKeptMax) kept_.push_back(std::move(buffer));
}

}  // namespace sparekeep
