#include "agent/backup/pipeline.h"

namespace sparekeep::agent {

Pipeline::Pipeline(const PackKeys& keys, Compression compression, StoredBefore stored, size_t workers)
    : keys_(keys), compression_(compression), stored_(stored), workers_(workers, kChunksMax) {}

PreparedChunk Pipeline::prepare(const Bytes& plain) {
  std::unique_ptr<ChunkPreparer> preparer;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) preparer = std::move(idle_.back()), idle_.pop_back();
  }
  if (!preparer) preparer = std::make_unique<ChunkPreparer>(keys_, compression_, stored_);
  PreparedChunk prepared = preparer->prepare(plain);
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(preparer));
  return prepared;
}

void Pipeline::push(Item item) {
  if (!items_.push(std::move(item))) throw Error(ErrorKind::closed, "a later stage of the backup has failed");
}

// At once: the assembly gives the chunks' slots back.
void Pipeline::chunk(Ticket ticket, Bytes plain) {
  if (!chunk_slots_.push(0)) throw Error(ErrorKind::closed, "a later stage of the backup has failed");
  auto task = std::make_shared<std::packaged_task<PreparedChunk()>>([this, plain = std::move(plain)] { return prepare(plain); });
  push(ChunkItem{ticket, task->get_future()});
  workers_.submit([task] { (*task)(); });
  if (!items_.flush()) throw Error(ErrorKind::closed, "a later stage of the backup has failed");
}

void Pipeline::entry(ReadEntry entry) { push(std::move(entry)); }

void Pipeline::problem(SourceProblem problem) { push(std::move(problem)); }

void Pipeline::take(Item item, Assembly& assembly, SourceProblems& problems, const std::function<void(const FileEntry*)>& each) {
  if (ReadEntry* entry = std::get_if<ReadEntry>(&item)) {
    each(&entry->entry.file);
    return assembly.entry(std::move(*entry));
  }
  if (ChunkItem* chunk = std::get_if<ChunkItem>(&item)) {
    PreparedChunk prepared = chunk->prepared.get();
    (void)chunk_slots_.pop();
    assembly.chunk(chunk->ticket, std::move(prepared));
  } else {
    problems.add(std::get<SourceProblem>(item));
  }
  each(nullptr);
}

void Pipeline::drain(Assembly& assembly, SourceProblems& problems, const std::function<void(const FileEntry*)>& each) {
  items_.drain([&](Item item) { take(std::move(item), assembly, problems, each); });
}

}  // namespace sparekeep::agent
