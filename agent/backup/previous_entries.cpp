#include "agent/backup/previous_entries.h"

#include "lib/vault/entry_weight.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kBatchEntries = 2048;
constexpr size_t kBatchBytes = 4 << 20;            // a file may have a million pieces, or a path of 256 KiB

}  // namespace

void PreviousEntries::read_ahead() {
  ahead_ = std::async(std::launch::async | std::launch::deferred, [this] { return read_batch(); });   // deferred: where no thread is to be had
}

PreviousEntries::Batch PreviousEntries::read_batch() {
  Batch batch;
  batch.entries.reserve(kBatchEntries);
  for (size_t bytes = 0; batch.entries.size() < kBatchEntries && bytes < kBatchBytes;) {
    Result<std::optional<ManifestEntry>> next = manifest_.next();
    if (!next) batch.end = next.error();
    batch.last = !next || !*next;
    if (batch.last) break;
    bytes += weight_of(**next);
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
