#include "lib/base/bytes.h"

#include <algorithm>

namespace sparekeep {

void ByteWriter::varint(uint64_t value) {
  while (value >= 0x80) {
    bytes_.push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  bytes_.push_back(static_cast<uint8_t>(value));
}

uint64_t ByteReader::varint(uint64_t max) {
  if (!left_.empty() && left_[0] < 0x80 && left_[0] <= max) return raw(1)[0];   // most are short
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = u8();
    const uint64_t part = byte & 0x7f;
    if (shift == 63 && part > 1) break;
    value |= part << shift;
    if (byte & 0x80) continue;
    const bool padded = byte == 0 && shift > 0;  // one number has one spelling
    if (!ok_ || padded || value > max) break;
    return value;
  }
  fail();
  return 0;
}

ByteSpan ByteReader::raw(size_t length) {
  if (!ok_ || length > left_.size()) {
    fail();
    return {};
  }
  ByteSpan bytes = left_.first(length);
  left_ = left_.subspan(length);
  return bytes;
}

void ByteReader::copy_to(MutableSpan to) {
  ByteSpan bytes = raw(to.size());
  if (ok_) std::copy(bytes.begin(), bytes.end(), to.begin());
}

Result<void> ByteReader::finish(std::string_view what) const {
  if (!ok_) return Error(ErrorKind::corrupt, std::string(what) + " is truncated or holds an impossible value");
  if (!left_.empty())
    return Error(ErrorKind::corrupt, std::string(what) + " has " + std::to_string(left_.size()) + " bytes too many");
  return {};
}

}  // namespace sparekeep
