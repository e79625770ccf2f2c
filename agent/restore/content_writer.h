// Writes the contents of files while the caller goes on: they are gathered into batches, in their order, and a few threads write a batch each, so files
// of one folder mostly meet on one thread. What is under way is bounded. Used by one thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>

#include "agent/restore/content_batch.h"
#include "lib/base/worker_pool.h"

namespace sparekeep::agent {

class ContentWriter {
 public:
  // `writer` is null only where nothing is ever added.
  ContentWriter(TargetWriter* writer, SnapshotReader& snapshot, RestoreReport& report, bool read_back);
  ~ContentWriter();                                    // what has not begun is dropped; waits for the rest

  void add(std::string place, ManifestEntry entry);    // waits while too much is under way
  void wait();                                         // until all that was added is done
  bool holds(std::string_view place) const;            // it is not known to be done

  // Batches count from 1. What was added last is in batch last(); all up to batch done() are done. add, wait and done throw what a batch ended with.
  uint64_t last() const { return started_ + (next_->empty() ? 0 : 1); }
  uint64_t done();

 private:
  struct Job {
    std::unique_ptr<ContentBatch> batch;
    bool done = false;
  };
  std::unique_ptr<ContentBatch> fresh() const { return std::make_unique<ContentBatch>(writer_, snapshot_, report_, read_back_); }
  void start();
  void run(Job& job);

  TargetWriter* writer_;
  SnapshotReader& snapshot_;
  RestoreReport& report_;
  const bool read_back_;
  std::unique_ptr<ContentBatch> next_;                 // that files are added to
  uint64_t started_ = 0;
  std::deque<std::unique_ptr<Job>> jobs_;              // that were started and are not known to be done; their `done` is under the mutex
  std::mutex mutex_;
  std::condition_variable ended_;
  std::exception_ptr fault_;                           // under the mutex, like what follows
  bool stopped_ = false;
  WorkerPool threads_;                                 // ends first
};

}  // namespace sparekeep::agent
