// The entries of the previous snapshot's manifest in their order, decoded on a thread of their own, some thousands ahead of who takes them.
#pragma once

#include <future>
#include <vector>

#include "lib/vault/manifest_reader.h"

namespace sparekeep::agent {

class PreviousEntries {
 public:
  explicit PreviousEntries(ManifestReader manifest) : manifest_(std::move(manifest)) { read_ahead(); }
  PreviousEntries(const PreviousEntries&) = delete;   // the other thread knows where it lies

  Result<std::optional<ManifestEntry>> next();        // empty: the end. After an Error: nothing more

 private:
  struct Batch {
    std::vector<ManifestEntry> entries;
    Result<void> end;                                 // an Error that came behind them
    bool last = false;
  };
  void read_ahead();
  Batch read_batch();

  ManifestReader manifest_;                           // the other thread's, until `ahead_` is there
  Batch batch_;
  size_t at_ = 0;
  std::future<Batch> ahead_;                          // last: its thread ends before the rest goes
};

}  // namespace sparekeep::agent
