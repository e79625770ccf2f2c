// Joins the thread of the walk, which looks for what has changed, and the one that reads it: while one waits for the disk, or for the system's
// answer, the other goes on. Holds at most (kBatchesMax + 2) * kBatchItems files open, of 1,024 that a user may have.
#pragma once

#include <variant>

#include "agent/backup/source_merge.h"
#include "lib/base/batch_queue.h"

namespace sparekeep::agent {

class FoundQueue final : public FoundSink {
 public:
  static constexpr size_t kBatchItems = 32, kBatchesMax = 8;

  // The thread of the walk. Throws closed when the other side has failed.
  void known(ManifestEntry entry) override { push(std::move(entry)); }
  void entry(FileEntry entry, Descriptor opened) override { push(Opened{std::move(entry), std::move(opened)}); }
  void problem(SourceProblem problem) override { push(std::move(problem)); }
  void finish() { items_.finish(); }
  void fail(Error error) { items_.close(std::move(error)); }

  // The thread that reads: until finish(). Throws what the walk failed with.
  void drain(FoundSink& to);
  void stop() { items_.close(); }             // it has failed: the walk must not wait for ever

 private:
  struct Opened {
    FileEntry entry;
    Descriptor file;
  };
  using Item = std::variant<ManifestEntry, Opened, SourceProblem>;
  void push(Item item) {
    if (!items_.push(std::move(item))) throw Error(ErrorKind::closed, "a later stage of the backup has failed");
  }

  BatchQueue<Item> items_{kBatchItems, kBatchesMax};
};

}  // namespace sparekeep::agent
