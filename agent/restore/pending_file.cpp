#include "agent/restore/pending_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr uint64_t kWriteBackStep = 8 << 20;           // bytes of one file

}  // namespace

// The kernel would let a large file lie in memory until it has come: the disk would stand still meanwhile, and everybody wait for it at the end.
void PendingFile::written(uint64_t bytes) {
  if ((unsent_ += bytes) < kWriteBackStep) return;
  unsent_ = 0;
  static_cast<void>(::sync_file_range(fd_.get(), 0, 0, SYNC_FILE_RANGE_WRITE));   // to the end; where there is no such thing it is written later
}

Result<void> PendingFile::write(uint64_t offset, ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return system_error("writing " + in_quotes(place_), count < 0 ? errno : EIO);
    bytes = bytes.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
    written(static_cast<uint64_t>(count));
  }
  return {};
}

Result<void> PendingFile::commit() { return ending_->commit(fd_.get()); }

}  // namespace sparekeep::agent
