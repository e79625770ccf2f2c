#include "agent/backup/found_queue.h"

#include <algorithm>

#include "lib/vault/entry_weight.h"

namespace sparekeep::agent {

// One that is open weighs its part of a batch: descriptors are scarcer than memory.
void FoundQueue::entry(FileEntry entry, Descriptor opened) {
  if (opened) wait_for_room(stored_size(entry));
  const size_t weight = std::max(weight_of(entry), opened ? BatchQueue<Item>::kBatchWeight / kBatchOpened : 0);
  push(Opened{std::move(entry), std::move(opened)}, weight);
}

void FoundQueue::known(ManifestEntry entry) {
  const size_t weight = weight_of(entry);
  push(std::move(entry), weight);
}

void FoundQueue::problem(SourceProblem problem) {
  const size_t weight = problem.path.size() + problem.text.size();
  push(std::move(problem), weight);
}

// What is in a batch still goes first: it is what is waited for.
void FoundQueue::wait_for_room(uint64_t bytes) {
  std::unique_lock lock(mutex_);
  if (bytes_ > 0 && bytes_ + bytes > kBytesMax) {
    lock.unlock();
    items_.flush();
    lock.lock();
    room_.wait(lock, [&] { return stopped_ || bytes_ == 0 || bytes_ + bytes <= kBytesMax; });
  }
  if (stopped_) throw Error(ErrorKind::closed, "a later stage of the backup has failed");
  bytes_ += bytes;
}

void FoundQueue::read(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_ -= bytes;
  room_.notify_one();
}

void FoundQueue::stop() {
  items_.close();
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  room_.notify_one();
}

void FoundQueue::drain(FoundSink& to) {
  items_.drain([&](Item item) {
    if (ManifestEntry* known = std::get_if<ManifestEntry>(&item)) return to.known(std::move(*known));
    if (SourceProblem* problem = std::get_if<SourceProblem>(&item)) return to.problem(std::move(*problem));
    Opened& opened = std::get<Opened>(item);
    const uint64_t bytes = opened.file ? stored_size(opened.entry) : 0;
    to.entry(std::move(opened.entry), std::move(opened.file));
    if (bytes > 0) read(bytes);
  });
}

}  // namespace sparekeep::agent
