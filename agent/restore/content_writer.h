// Writes the contents of files while the caller goes on: they are gathered into batches, in their order, and a few threads write a batch each, so files
// of one folder mostly meet on one thread. What is under way is bounded; a batch goes when it is done, however long one before it takes. Used by one thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>

#include "agent/restore/content_batch.h"
#include "lib/base/worker_pool.h"

namespace sparekeep::agent {

constexpr size_t kBatchesAheadMax = 4096;              // four million small files, or 256 GiB: one that takes long holds nobody up

class ContentWriter {
 public:
  // `writer` is null only where nothing is ever added. `ahead_max`: so many batches may be started from the first one on that is not done.
  ContentWriter(TargetWriter* writer, SnapshotReader& snapshot, RestoreReport& report, bool read_back, size_t ahead_max = kBatchesAheadMax);
  ~ContentWriter();                                    // what has not begun is dropped; waits for the rest

  void add(std::string place, ManifestEntry entry);    // waits while too much is under way
  void wait();                                         // until all that was added is done
  bool holds(std::string_view place) const;            // it is not done

  // Batches count from 1. What was added last is in batch last(); all up to batch done() are done. Each function throws what a batch ended with.
  uint64_t last() const { return started_ + (next_->empty() ? 0 : 1); }
  uint64_t done();

 private:
  struct Job {
    std::unique_ptr<ContentBatch> batch;               // null: it is done
    bool done() const { return !batch; }
  };
  std::unique_ptr<ContentBatch> fresh() const { return std::make_unique<ContentBatch>(writer_, snapshot_, report_, read_back_); }
  void start();
  void keep_distance();
  void run(Job& job);

  TargetWriter* writer_;
  SnapshotReader& snapshot_;
  RestoreReport& report_;
  const bool read_back_;
  const size_t ahead_max_;
  std::unique_ptr<ContentBatch> next_;                 // that files are added to
  uint64_t started_ = 0;
  std::deque<std::unique_ptr<Job>> jobs_;              // from the first one on that is not known to be done; their batches are under the mutex
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::exception_ptr fault_;                           // under the mutex, like what follows
  bool stopped_ = false;
  WorkerPool threads_;                                 // ends first
};

}  // namespace sparekeep::agent
