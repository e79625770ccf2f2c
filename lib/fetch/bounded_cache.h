// A cache of shared values by key, bounded by bytes: the one used longest ago goes first.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>

namespace sparekeep {

template <typename Value, typename Key = uint32_t>
class BoundedCache {                                  // thread safe
 public:
  explicit BoundedCache(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  std::shared_ptr<const Value> find(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    items_.splice(items_.begin(), items_, found->second);
    return items_.front().value;
  }

  void put(const Key& key, std::shared_ptr<const Value> value, uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    if (by_key_.contains(key)) return;
    items_.push_front({key, std::move(value), bytes});
    by_key_[key] = items_.begin();
    bytes_ += bytes;
    while (bytes_ > bytes_max_ && items_.size() > 1) drop_last();
  }

 private:
  struct Item {
    Key key;
    std::shared_ptr<const Value> value;
    uint64_t bytes;
  };
  void drop_last() {
    bytes_ -= items_.back().bytes;
    by_key_.erase(items_.back().key);
    items_.pop_back();
  }

  const uint64_t bytes_max_;
  std::mutex mutex_;
  std::list<Item> items_;
  std::map<Key, typename std::list<Item>::iterator> by_key_;
  uint64_t bytes_ = 0;
};

}  // namespace sparekeep
