#include "lib/base/direct_write.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

#include "lib/base/direct_file.h"

namespace sparekeep {

namespace {

constexpr size_t kBufferSize = 1 << 20;

struct Free {
  void operator()(uint8_t* bytes) const { std::free(bytes); }
};

MutableSpan buffer_of_thread() {
  static thread_local std::unique_ptr<uint8_t, Free> buffer(static_cast<uint8_t*>(std::aligned_alloc(kDirectAlignment, kBufferSize)));
  return {buffer.get(), buffer ? kBufferSize : 0};
}

class DirectWriter {
 public:
  DirectWriter(int fd, MutableSpan buffer) : fd_(fd), file_(fd), buffer_(buffer) {}

  Result<void> add(ByteSpan bytes) {
    while (!bytes.empty()) {
      const size_t part = std::min(bytes.size(), buffer_.size() - filled_);
      std::copy_n(bytes.begin(), part, buffer_.begin() + static_cast<ptrdiff_t>(filled_));
      filled_ += part;
      bytes = bytes.subspan(part);
      if (filled_ < buffer_.size()) continue;
      if (Result<void> written = file_.write(offset_, buffer_); !written) return written;
      offset_ += std::exchange(filled_, 0);
    }
    return {};
  }

  // The last block is filled up, and the file cut behind what is in it.
  Result<void> finish() {
    const size_t whole = (filled_ + kDirectAlignment - 1) / kDirectAlignment * kDirectAlignment;
    std::fill(buffer_.begin() + static_cast<ptrdiff_t>(filled_), buffer_.begin() + static_cast<ptrdiff_t>(whole), uint8_t{0});
    if (Result<void> written = file_.write(offset_, buffer_.first(whole)); !written) return written;
    if (whole != filled_ && ::ftruncate(fd_, static_cast<off_t>(offset_ + filled_)) != 0) return system_error("ftruncate", errno);
    return {};
  }

 private:
  int fd_;
  DirectFile file_;
  MutableSpan buffer_;
  size_t filled_ = 0;                                // of the buffer
  uint64_t offset_ = 0;                              // of its first byte in the file
};

}  // namespace

Result<void> write_past_cache(int fd, std::span<const ByteSpan> parts) {
  const MutableSpan buffer = buffer_of_thread();
  if (buffer.empty()) return Error(ErrorKind::failed, "no memory for a write of " + std::to_string(kBufferSize) + " bytes");
  DirectWriter writer(fd, buffer);
  for (const ByteSpan part : parts)
    if (Result<void> added = writer.add(part); !added) return added;
  return writer.finish();
}

}  // namespace sparekeep
