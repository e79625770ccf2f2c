// Packs that were stored by a backup that has not ended yet, kept on the host so that the next one does not send them again
// (invariant 3). Appended as soon as all shards of a pack are durable. A file for each job: its commit ends it and nobody else's. What a
// crash has torn is cut off before the next entry, so that it swallows none.
#pragma once

#include "agent/backup/known_chunks.h"
#include "lib/base/files.h"

namespace sparekeep::agent {

class Journal {
 public:
  Journal(Path folder, const JobId& job);

  std::vector<StoredPack> read() const;                   // of every job of the vault: what is whole
  void append(const StoredPack& pack);                    // a failure is only a warning: nothing is lost but time
  void clear();                                           // of this job

 private:
  Result<void> open_at_end();
  const Path folder_, file_;
  Descriptor open_;
};

}  // namespace sparekeep::agent
