// Packs that were stored by a backup that has not ended yet, kept on the host so that the next one does not send them again
// (invariant 3). Appended as soon as all shards of a pack are durable. A file for each job: its commit ends it and nobody else's. What a
// crash has torn is cut off before the next entry, so that it swallows none.
#pragma once

#include "agent/backup/known_chunks.h"
#include "lib/base/files.h"

namespace sparekeep::agent {

constexpr uint64_t kJournalSizeMax = 1ull << 30;          // of a first backup of 5 to 19 TB

class Journal {
 public:
  // A journal of `size_max` bytes keeps what it has and gets no more.
  Journal(Path folder, const JobId& job, uint64_t size_max = kJournalSizeMax);

  std::vector<StoredPack> read() const;                   // of every job of the vault: what is whole
  void append(const StoredPack& pack);                    // a failure is only a warning: nothing is lost but time
  void clear();                                           // of this job

 private:
  Result<void> open_at_end();
  bool is_full() const { return length_ >= size_max_; }
  void say_full();
  const Path folder_, file_;
  const uint64_t size_max_;
  Descriptor open_;
  uint64_t length_ = 0;                                   // where it is open
  bool said_full_ = false;
};

}  // namespace sparekeep::agent
