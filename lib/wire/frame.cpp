#include "lib/wire/frame.h"

namespace sparekeep {

namespace {

constexpr size_t kLengthBytes = 4;

}  // namespace

Bytes frame(std::string_view message) {
  SK_CHECK(message.size() <= UINT32_MAX);
  ByteWriter writer;
  writer.u32(static_cast<uint32_t>(message.size()));
  writer.raw(as_bytes(message));
  return writer.take();
}

Result<std::optional<std::string>> FrameReader::next() {
  if (held_.size() < kLengthBytes) return std::optional<std::string>();
  const size_t length = ByteReader(held_).u32();
  if (length > max_) return Error(ErrorKind::corrupt, "a message of " + std::to_string(length) + " bytes; at most " + std::to_string(max_));
  if (held_.size() < kLengthBytes + length) return std::optional<std::string>();
  std::string message(as_text(ByteSpan(held_).subspan(kLengthBytes, length)));
  held_.erase(held_.begin(), held_.begin() + static_cast<ptrdiff_t>(kLengthBytes + length));
  return std::optional<std::string>(std::move(message));
}

}  // namespace sparekeep
