// Packs that were stored by a backup that has not ended yet, kept on the host so that the next one does not send them again
// (invariant 3). Appended after all shards of a pack are durable; a torn end is ignored. Ends with the commit.
#pragma once

#include "agent/backup/known_chunks.h"
#include "lib/base/files.h"

namespace sparekeep::agent {

class Journal {
 public:
  explicit Journal(Path file) : file_(std::move(file)) {}

  std::vector<StoredPack> read() const;                   // what is whole
  void append(const StoredPack& pack);                    // a failure is only a warning: nothing is lost but time
  void clear();

 private:
  const Path file_;
  Descriptor open_;
};

}  // namespace sparekeep::agent
