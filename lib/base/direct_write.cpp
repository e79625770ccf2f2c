#include "lib/base/direct_write.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "lib/base/files.h"

namespace sparekeep {

namespace {

constexpr size_t kAlignment = 4096;                  // of memory, offset and length: enough for every disk
constexpr size_t kBufferSize = 1 << 20;

struct Free {
  void operator()(uint8_t* bytes) const { std::free(bytes); }
};

MutableSpan buffer_of_thread() {
  static thread_local std::unique_ptr<uint8_t, Free> buffer(static_cast<uint8_t*>(std::aligned_alloc(kAlignment, kBufferSize)));
  return {buffer.get(), buffer ? kBufferSize : 0};
}

void set_direct(int fd, bool direct) {
  const int flags = ::fcntl(fd, F_GETFL);
  static_cast<void>(::fcntl(fd, F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT));   // refused: they are ordinary writes
}

class DirectWriter {
 public:
  DirectWriter(int fd, MutableSpan buffer) : fd_(fd), buffer_(buffer) { set_direct(fd, true); }

  Result<void> add(ByteSpan bytes) {
    while (!bytes.empty()) {
      const size_t part = std::min(bytes.size(), buffer_.size() - filled_);
      std::copy_n(bytes.begin(), part, buffer_.begin() + static_cast<ptrdiff_t>(filled_));
      filled_ += part, length_ += part;
      bytes = bytes.subspan(part);
      if (filled_ < buffer_.size()) continue;
      if (Result<void> written = write(filled_); !written) return written;
    }
    return {};
  }

  // The last block is filled up, and the file cut behind what is in it.
  Result<void> finish() {
    const size_t whole = (filled_ + kAlignment - 1) / kAlignment * kAlignment;
    std::fill(buffer_.begin() + static_cast<ptrdiff_t>(filled_), buffer_.begin() + static_cast<ptrdiff_t>(whole), uint8_t{0});
    if (Result<void> written = write(whole); !written) return written;
    if (whole != filled_ && ::ftruncate(fd_, static_cast<off_t>(length_)) != 0) return system_error("ftruncate", errno);
    return {};
  }

 private:
  // Where a direct write is refused, or has stopped between two blocks, ordinary ones go on.
  Result<void> write(size_t length) {
    ByteSpan left = ByteSpan(buffer_).first(length);
    while (!left.empty()) {
      const ssize_t written = ::write(fd_, left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written > 0) left = left.subspan(static_cast<size_t>(written));
      const bool refused = written < 0 && errno == EINVAL && direct_;
      if (written <= 0 && !refused) return system_error("write", written < 0 ? errno : EIO);
      if (refused || left.size() % kAlignment != 0) set_direct(fd_, direct_ = false);
    }
    filled_ = 0;
    return {};
  }

  int fd_;
  MutableSpan buffer_;
  size_t filled_ = 0;
  uint64_t length_ = 0;
  bool direct_ = true;
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
