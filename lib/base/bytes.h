// Bytes, and the little-endian reader and writer that every binary format of docs/format.md is made with.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

namespace sparekeep {

using Bytes = std::vector<uint8_t>;
using ByteSpan = std::span<const uint8_t>;
using MutableSpan = std::span<uint8_t>;

inline ByteSpan as_bytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }
inline std::string_view as_text(ByteSpan bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline void append(Bytes& to, ByteSpan bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }
inline bool same_bytes(ByteSpan a, ByteSpan b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// Appends to a buffer that it owns. Integers are little-endian of fixed width, or LEB128 (varint).
class ByteWriter {
 public:
  void u8(uint8_t value) { bytes_.push_back(value); }
  void u16(uint16_t value) { fixed(value); }
  void u32(uint32_t value) { fixed(value); }
  void u64(uint64_t value) { fixed(value); }
  void i64(int64_t value) { fixed(static_cast<uint64_t>(value)); }
  void varint(uint64_t value);
  void raw(ByteSpan bytes) { append(bytes_, bytes); }
  void blob(ByteSpan bytes) { varint(bytes.size()), raw(bytes); }              // varint length, then the bytes
  void text(std::string_view value) { blob(as_bytes(value)); }

  size_t size() const { return bytes_.size(); }
  const Bytes& bytes() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }

 private:
  template <typename T>
  void fixed(T value) {
    for (size_t i = 0; i < sizeof(T); ++i) bytes_.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
  Bytes bytes_;
};

// Reads foreign bytes. The first read past the end, or over a stated maximum, makes the reader bad for good; every later
// read gives zeros and empties. So a parser reads straight on, bounds its loops by ok(), and asks once, in finish().
class ByteReader {
 public:
  explicit ByteReader(ByteSpan bytes) : left_(bytes) {}

  uint8_t u8() { return fixed<uint8_t>(); }
  uint16_t u16() { return fixed<uint16_t>(); }
  uint32_t u32() { return fixed<uint32_t>(); }
  uint64_t u64() { return fixed<uint64_t>(); }
  int64_t i64() { return static_cast<int64_t>(fixed<uint64_t>()); }
  uint64_t varint(uint64_t max = UINT64_MAX);
  ByteSpan raw(size_t length);
  ByteSpan blob(size_t length_max) { return raw(static_cast<size_t>(varint(length_max))); }
  std::string text(size_t length_max) { return std::string(as_text(blob(length_max))); }
  void copy_to(MutableSpan to);

  void fail() { ok_ = false, left_ = {}; }
  bool ok() const { return ok_; }
  size_t left() const { return left_.size(); }
  ByteSpan rest() { return raw(left_.size()); }

  // corrupt with `what` in the text unless everything was read, to the last byte, without a fault.
  Result<void> finish(std::string_view what) const;

 private:
  template <typename T>
  T fixed() {
    ByteSpan bytes = raw(sizeof(T));
    if (!ok_) return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) value |= static_cast<uint64_t>(bytes[i]) << (8 * i);
    return static_cast<T>(value);
  }
  ByteSpan left_;
  bool ok_ = true;
};

}  // namespace sparekeep
