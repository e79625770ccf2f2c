// What follows from bytes alone, by their digest: OpenSSL looks for the decoder of a key whenever it reads a certificate, and the same few
// certificates are read again and again. Thread safe. What is too much is forgotten all at once.
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "lib/crypt/digest.h"

namespace sparekeep {

template <typename Value>
class Remembered {
 public:
  explicit Remembered(size_t values_max) : values_max_(values_max) {}

  std::optional<Value> find(const Digest& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = values_.find(key);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }

  std::map<Digest, Value> all() const {
    const std::lock_guard lock(mutex_);
    return values_;
  }

  void keep(const Digest& key, const Value& value) {
    const std::lock_guard lock(mutex_);
    if (values_.size() >= values_max_) values_.clear();
    values_.insert_or_assign(key, value);
  }

 private:
  const size_t values_max_;
  mutable std::mutex mutex_;
  std::map<Digest, Value> values_;
};

}  // namespace sparekeep
