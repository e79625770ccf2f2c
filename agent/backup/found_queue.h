// Joins the thread of the walk, which looks for what has changed, and the one that reads it: while one waits for the disk, or for the system's
// answer, the other goes on. Holds at most (kBatchesMax + 2) * kBatchOpened files open, of 1,024 that a user may have, and no more than are read in
// a moment: a file that changes between the two would pass for one that changed while it was read.
#pragma once

#include <condition_variable>
#include <mutex>
#include <variant>

#include "agent/backup/source_merge.h"
#include "lib/base/batch_queue.h"

namespace sparekeep::agent {

class FoundQueue final : public FoundSink {
 public:
  static constexpr size_t kBatchItems = 256, kBatchOpened = 32, kBatchesMax = 8;
  static constexpr uint64_t kBytesMax = 64 << 20;      // of files that were opened and not read yet; one that is longer waits alone

  // The thread of the walk. Throws closed when the other side has failed.
  void known(ManifestEntry entry) override;
  void entry(FileEntry entry, Descriptor opened) override;
  void problem(SourceProblem problem) override;
  void finish() { items_.finish(); }
  void fail(Error error) { items_.close(std::move(error)); }

  // The thread that reads: until finish(). Throws what the walk failed with.
  void drain(FoundSink& to);
  void stop();                                // it has failed: the walk must not wait for ever

 private:
  struct Opened {
    FileEntry entry;
    Descriptor file;
  };
  using Item = std::variant<ManifestEntry, Opened, SourceProblem>;
  void push(Item item, size_t weight) {
    if (!items_.push(std::move(item), weight)) throw Error(ErrorKind::closed, "a later stage of the backup has failed");
  }

  void wait_for_room(uint64_t bytes);
  void read(uint64_t bytes);

  BatchQueue<Item> items_{kBatchItems, kBatchesMax};
  std::mutex mutex_;                          // over the two below
  uint64_t bytes_ = 0;                        // of files on their way
  bool stopped_ = false;
  std::condition_variable room_;
};

}  // namespace sparekeep::agent
