#include "agent/backup/pipeline.h"

#include <algorithm>

#include "lib/vault/entry_weight.h"

namespace sparekeep::agent {

Pipeline::Pipeline(const PackKeys& keys, Compression compression, StoredBefore stored, ChunkMarks& marks, size_t workers)
    : keys_(keys), compression_(compression), stored_(stored), marks_(marks), threads_(workers), workers_(workers, kChunksMax) {}

// Ids of several chunks cost less at once: two where two wait, though another thread may have nothing to do then, and more as long as each has some.
std::vector<Pipeline::PlainChunk> Pipeline::next_chunks() {
  std::vector<PlainChunk> chunks;
  chunks.reserve(kPreparedAtOnce);
  const std::lock_guard lock(mutex_);
  const size_t count = std::min(plain_.size(), std::clamp<size_t>(plain_.size() / threads_, kPreparedLeast, kPreparedAtOnce));
  for (; chunks.size() < count; plain_.pop_front()) chunks.push_back(std::move(plain_.front()));
  return chunks;
}

std::unique_ptr<ChunkPreparer> Pipeline::idle_preparer() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<ChunkPreparer>(keys_, compression_, stored_, marks_);
  std::unique_ptr<ChunkPreparer> preparer = std::move(idle_.back());
  idle_.pop_back();
  return preparer;
}

// A worker's job; there is one for each chunk: another one may have taken it already.
void Pipeline::prepare_some() {
  std::vector<PlainChunk> chunks;
  size_t prepared = 0;
  try {
    chunks = next_chunks();
    if (chunks.empty()) return;
    std::vector<CutChunk> plains;
    for (PlainChunk& chunk : chunks) plains.push_back(std::move(chunk.cut));
    std::unique_ptr<ChunkPreparer> preparer = idle_preparer();
    preparer->prepare(plains, buffers_, [&](size_t i, PreparedChunk chunk) { chunks[i].prepared.set_value(std::move(chunk)), ++prepared; });
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(preparer));
  } catch (...) {
    for (; prepared < chunks.size(); ++prepared) chunks[prepared].prepared.set_exception(std::current_exception());
    give_up(std::current_exception());
  }
}

// Nobody may wait for what no worker comes for.
void Pipeline::give_up(const std::exception_ptr& why) {
  const std::lock_guard lock(mutex_);
  for (PlainChunk& chunk : plain_) chunk.prepared.set_exception(why);
  plain_.clear();
}

void Pipeline::push(Item item, size_t weight) {
  if (!items_.push(std::move(item), weight)) throw Error(ErrorKind::closed, "a later stage of the backup has failed");
}

void Pipeline::push_chunk(Ticket ticket, std::future<PreparedChunk> prepared) {
  if (!chunk_slots_.push(0)) throw Error(ErrorKind::closed, "a later stage of the backup has failed");
  push(ChunkItem{ticket, std::move(prepared)}, 0);
}

void Pipeline::stored_chunk(Ticket ticket, const ChunkId& id, uint32_t length) {
  std::promise<PreparedChunk> prepared;
  prepared.set_value({.id = id, .plain_length = length, .known = stored_.others.find(id)});
  push_chunk(ticket, prepared.get_future());
  if (!items_.flush()) throw Error(ErrorKind::closed, "a later stage of the backup has failed");
}

// At once: the assembly gives the chunks' slots back.
Bytes Pipeline::chunk(CutChunk chunk) {
  const Ticket ticket = chunk.ticket;
  PlainChunk waiting{std::move(chunk), {}};
  push_chunk(ticket, waiting.prepared.get_future());
  {
    const std::lock_guard lock(mutex_);
    plain_.push_back(std::move(waiting));
  }
  try {
    workers_.submit([this] { prepare_some(); });
  } catch (...) {
    give_up(std::current_exception());
    throw;
  }
  if (!items_.flush()) throw Error(ErrorKind::closed, "a later stage of the backup has failed");
  Bytes next = buffers_.take();
  next.clear();
  return next;
}

void Pipeline::entry(ReadEntry entry) {
  const size_t weight = weight_of(entry.entry);
  push(std::move(entry), weight);
}

void Pipeline::problem(SourceProblem problem) {
  const size_t weight = problem.path.size() + problem.text.size();
  push(std::move(problem), weight);
}

void Pipeline::take(Item item, Assembly& assembly, SourceProblems& problems, const std::function<void(const FileEntry*)>& each) {
  if (ReadEntry* entry = std::get_if<ReadEntry>(&item)) {
    each(&entry->entry.file);
    return assembly.entry(std::move(*entry));
  }
  if (ChunkItem* chunk = std::get_if<ChunkItem>(&item)) {
    PreparedChunk prepared = chunk->prepared.get();
    (void)chunk_slots_.pop();
    assembly.chunk(chunk->ticket, prepared);
    buffers_.give(std::move(prepared.bytes));
  } else {
    problems.add(std::get<SourceProblem>(item));
  }
  each(nullptr);
}

void Pipeline::drain(Assembly& assembly, SourceProblems& problems, const std::function<void(const FileEntry*)>& each) {
  items_.drain([&](Item item) { take(std::move(item), assembly, problems, each); });
}

}  // namespace sparekeep::agent
