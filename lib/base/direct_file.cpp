#include "lib/base/direct_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace sparekeep {

namespace {

bool is_aligned(uint64_t offset, ByteSpan bytes) { return ((offset | bytes.size() | reinterpret_cast<uintptr_t>(bytes.data())) % kDirectAlignment) == 0; }

}  // namespace

void DirectFile::set_direct(bool direct) {
  if (direct_ == direct) return;
  const int flags = ::fcntl(fd_, F_GETFL);
  if (flags < 0 || ::fcntl(fd_, F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT) != 0) refused_ = true;
  direct_ = direct && !refused_;
}

Result<void> DirectFile::write(uint64_t offset, ByteSpan bytes) {
  while (!bytes.empty()) {
    set_direct(!refused_ && is_aligned(offset, bytes));
    const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EINVAL && direct_) {
      refused_ = true;
      continue;
    }
    if (written <= 0) return system_error("write", written < 0 ? errno : EIO);
    bytes = bytes.subspan(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return {};
}

}  // namespace sparekeep
