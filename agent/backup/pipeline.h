// The stages of a backup between the reading and the assembly, and the queue that joins them: chunks are prepared on workers, and what comes
// out is taken in the order of the walk. Entries go over in batches: to wake another thread
// costs more than an entry that has not changed. Memory: kChunksMax chunks and kBatchesMax batches under way.
#pragma once

#include <atomic>
#include <deque>
#include <future>
#include <variant>

#include "agent/backup/assembly.h"
#include "agent/backup/source_problems.h"
#include "lib/base/batch_queue.h"
#include "lib/base/spare_buffers.h"
#include "lib/base/worker_pool.h"

namespace sparekeep::agent {

class Pipeline final : public SourceSink {
 public:
  static constexpr size_t kBatchItems = 256, kBatchesMax = 8;   // entries and chunks between reading and assembly
  static constexpr size_t kChunksMax = 12;             // plain or prepared chunks in memory
  static constexpr size_t kPreparedLeast = 2, kPreparedAtOnce = 4;   // as far as so many wait

  Pipeline(const PackKeys& keys, Compression compression, StoredBefore stored, ChunkMarks& marks, size_t workers);

  // The thread that reads.
  Bytes chunk(CutChunk chunk) override;
  void stored_chunk(Ticket ticket, const ChunkId& id, uint32_t length) override;
  void entry(ReadEntry entry) override;
  void problem(SourceProblem problem) override;
  void finish() { items_.finish(); }
  void fail(Error error) { items_.close(std::move(error)); }

  // The thread of the assembly: runs until finish(); `each` is called for every item, with the entry where it is one. Throws what any
  // stage failed with.
  void drain(Assembly& assembly, SourceProblems& problems, const std::function<void(const FileEntry* entry)>& each);
  void stop() { items_.close(), chunk_slots_.close(); }  // the assembly failed: nobody must wait for it for ever

 private:
  struct ChunkItem {
    Ticket ticket = 0;
    std::future<PreparedChunk> prepared;
  };
  using Item = std::variant<ChunkItem, ReadEntry, SourceProblem>;
  struct PlainChunk {
    CutChunk cut;
    std::promise<PreparedChunk> prepared;
  };
  std::vector<PlainChunk> next_chunks();
  std::unique_ptr<ChunkPreparer> idle_preparer();
  void prepare_some();
  void give_up(const std::exception_ptr& why);
  void push(Item item, size_t weight);
  void push_chunk(Ticket ticket, std::future<PreparedChunk> prepared);
  void take(Item item, Assembly& assembly, SourceProblems& problems, const std::function<void(const FileEntry*)>& each);

  const PackKeys& keys_;
  const Compression compression_;
  const StoredBefore stored_;
  ChunkMarks& marks_;
  BatchQueue<Item> items_{kBatchItems, kBatchesMax};
  BoundedQueue<int> chunk_slots_{kChunksMax};
  SpareBuffers buffers_{kChunksMax};                     // of plain and of prepared chunks
  const size_t threads_;
  std::mutex mutex_;
  std::deque<PlainChunk> plain_;
  std::vector<std::unique_ptr<ChunkPreparer>> idle_;
  WorkerPool workers_;
};

}  // namespace sparekeep::agent
