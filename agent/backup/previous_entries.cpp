#include "agent/backup/previous_entries.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kBatchEntries = 2048;
constexpr size_t kBatchPieces = 1 << 16;           // of contents: a file may have a million

}  // namespace

void PreviousEntries::read_ahead() {
  ahead_ = std::async(std::launch::async | std::launch::deferred, [this] { return read_batch(); });   // deferred: where no thread is to be had
}

PreviousEntries::Batch PreviousEntries::read_batch() {
  Batch batch;
  batch.entries.reserve(kBatchEntries);
  for (size_t pieces = 0; batch.entries.size() < kBatchEntries && pieces < kBatchPieces;) {
    Result<std::optional<ManifestEntry>> next = manifest_.next();
    if (!next) batch.end = next.error();
    batch.last = !next || !*next;
    if (batch.last) break;
    pieces += (*next)->content.size();
    batch.entries.push_back(std::move(**next));
  }
  return batch;
}

Result<std::optional<ManifestEntry>> PreviousEntries::next() {
  while (at_ == batch_.entries.size()) {
    if (!batch_.end) return batch_.end.error();
    if (batch_.last) return std::optional<ManifestEntry>();
    batch_ = ahead_.get();
    at_ = 0;
    if (!batch_.last) read_ahead();
  }
  return std::optional<ManifestEntry>(std::move(batch_.entries[at_++]));
}

}  // namespace sparekeep::agent
