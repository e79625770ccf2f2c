// Messages on a stream: four bytes of length, little-endian, then that many bytes of text. The length is judged before room is made.
#pragma once

#include <optional>
#include <string>

#include "lib/base/bytes.h"

namespace sparekeep {

Bytes frame(std::string_view message);

class FrameReader {
 public:
  explicit FrameReader(size_t message_bytes_max) : max_(message_bytes_max) {}

  // Takes bytes as they come; what is beyond the first message waits for the next call of next().
  void feed(ByteSpan bytes) { append(held_, bytes); }
  // The next whole message, or nothing yet. corrupt: "a message of 5000000 bytes; at most 4194304".
  Result<std::optional<std::string>> next();
  bool empty() const { return held_.empty(); }         // true at the end of a stream that was not cut

 private:
  const size_t max_;
  Bytes held_;
};

}  // namespace sparekeep
