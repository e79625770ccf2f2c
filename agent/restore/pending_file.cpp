#include "agent/restore/pending_file.h"

#include <unistd.h>

#include <cerrno>

#include "lib/base/text.h"

namespace sparekeep::agent {

void PendingFile::write_past_cache(RunBuffers& buffers) {
  if (!runs_ && takes_direct_writes(fd_.get())) runs_ = std::make_unique<DirectRuns>(fd_.get(), buffers);
}

Result<void> PendingFile::write(uint64_t offset, ByteSpan bytes) {
  if (!runs_) return write_at_once(offset, bytes);
  return during("writing " + in_quotes(place_), runs_->write(offset, bytes));
}

Result<void> PendingFile::settle() {
  if (!runs_) return {};
  Result<void> settled = during("writing " + in_quotes(place_), runs_->finish());
  if (settled) runs_.reset();
  return settled;
}

Result<void> PendingFile::write_at_once(uint64_t offset, ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return system_error("writing " + in_quotes(place_), written < 0 ? errno : EIO);
    bytes = bytes.subspan(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return {};
}

Result<void> PendingFile::commit() {
  if (Result<void> settled = settle(); !settled) return settled;
  return ending_->commit(fd_.get());
}

}  // namespace sparekeep::agent
