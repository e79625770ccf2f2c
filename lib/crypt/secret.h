// Key material by type: it cannot be printed, logged, compared by == or copied by accident, and is wiped when it dies.
#pragma once

#include "lib/base/bytes.h"

namespace sparekeep {

class Secret {
 public:
  Secret() = default;
  explicit Secret(Bytes&& bytes) : bytes_(std::move(bytes)) {}
  explicit Secret(ByteSpan bytes) : bytes_(bytes.begin(), bytes.end()) {}
  Secret(Secret&&) noexcept = default;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  Secret clone() const { return Secret(ByteSpan(bytes_)); }
  ByteSpan reveal() const { return bytes_; }      // the one way to the bytes: easy to search for
  MutableSpan reveal_mutable() { return bytes_; }
  size_t size() const { return bytes_.size(); }

 private:
  Bytes bytes_;
};

bool same_secret(ByteSpan a, ByteSpan b);         // in constant time

}  // namespace sparekeep
