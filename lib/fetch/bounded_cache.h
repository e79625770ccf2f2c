// A cache of shared values by number, bounded by bytes: the one used longest ago goes first.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>

namespace sparekeep {

template <typename Value>
class BoundedCache {                                  // thread safe
 public:
  explicit BoundedCache(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  std::shared_ptr<const Value> find(uint32_t number) {
    const std::lock_guard lock(mutex_);
    const auto found = by_number_.find(number);
    if (found == by_number_.end()) return nullptr;
    items_.splice(items_.begin(), items_, found->second);
    return items_.front().value;
  }

  void put(uint32_t number, std::shared_ptr<const Value> value, uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    if (by_number_.contains(number)) return;
    items_.push_front({number, std::move(value), bytes});
    by_number_[number] = items_.begin();
    bytes_ += bytes;
    while (bytes_ > bytes_max_ && items_.size() > 1) drop_last();
  }

 private:
  struct Item {
    uint32_t number;
    std::shared_ptr<const Value> value;
    uint64_t bytes;
  };
  void drop_last() {
    bytes_ -= items_.back().bytes;
    by_number_.erase(items_.back().number);
    items_.pop_back();
  }

  const uint64_t bytes_max_;
  std::mutex mutex_;
  std::list<Item> items_;
  std::map<uint32_t, typename std::list<Item>::iterator> by_number_;
  uint64_t bytes_ = 0;
};

}  // namespace sparekeep
