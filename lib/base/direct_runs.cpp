#include "lib/base/direct_runs.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <utility>

namespace sparekeep {

namespace {

constexpr size_t kRunsMax = 4;                         // of one file: as many packs as are fetched at once

constexpr uint64_t next_block(uint64_t offset) { return (offset + kDirectAlignment - 1) / kDirectAlignment * kDirectAlignment; }

}  // namespace

RunBuffers::Buffer RunBuffers::take() {
  const std::lock_guard lock(mutex_);
  if (!waiting_.empty()) {
    Buffer buffer = std::move(waiting_.back());
    waiting_.pop_back();
    return buffer;
  }
  if (left_ == 0) return nullptr;
  Buffer buffer(static_cast<uint8_t*>(std::aligned_alloc(kDirectAlignment, kSize)));
  if (buffer) --left_;
  return buffer;
}

void RunBuffers::give(Buffer buffer) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(buffer));
}

DirectRuns::~DirectRuns() {
  for (Run& run : runs_) buffers_.give(std::move(run.buffer));
}

// The run that `offset` continues; else a new one, in a buffer more or in that of the run which nothing was added to for longest. Null: no buffer is to be
// had.
Result<DirectRuns::Run*> DirectRuns::run_at(uint64_t offset) {
  auto found = std::find_if(runs_.begin(), runs_.end(), [&](const Run& run) { return run.end == offset; });
  if (found == runs_.end()) {
    RunBuffers::Buffer buffer = runs_.size() < kRunsMax ? buffers_.take() : nullptr;
    if (!buffer && runs_.empty()) return nullptr;
    found = buffer ? runs_.insert(runs_.begin(), Run{std::move(buffer)}) : runs_.begin();
    if (Result<void> flushed = flush(*found); !flushed) return flushed.error();
    found->begin = found->end = offset;
  }
  std::rotate(found, found + 1, runs_.end());
  return &runs_.back();
}

Result<void> DirectRuns::write(uint64_t offset, ByteSpan bytes) {
  const Result<Run*> run = run_at(offset);
  if (!run) return run.error();
  return *run ? add(**run, bytes) : file_.write(offset, bytes);
}

Result<void> DirectRuns::add(Run& run, ByteSpan bytes) {
  while (!bytes.empty()) {
    const size_t part = std::min(bytes.size(), run.room());
    std::copy_n(bytes.begin(), part, run.buffer.get() + (run.end - run.base()));
    run.end += part;
    bytes = bytes.subspan(part);
    if (run.room() > 0) continue;
    if (Result<void> flushed = flush(run); !flushed) return flushed;
  }
  return {};
}

// What lies before the first whole block and behind the last one goes by ordinary writes: other runs may have the rest of these blocks.
Result<void> DirectRuns::flush(Run& run) {
  const uint64_t base = run.base(), end = run.end;
  for (const uint64_t stop : {std::min(next_block(run.begin), end), end - end % kDirectAlignment, end}) {
    if (stop <= run.begin) continue;
    const ByteSpan part(run.buffer.get() + (run.begin - base), static_cast<size_t>(stop - run.begin));
    if (Result<void> written = file_.write(run.begin, part); !written) return written;
    run.begin = stop;
  }
  return {};
}

Result<void> DirectRuns::finish() {
  for (Run& run : runs_)
    if (Result<void> flushed = flush(run); !flushed) return flushed;
  file_.leave_direct();
  return {};
}

bool takes_direct_writes(int fd) {
  constexpr uint32_t kXfsMagic = 0x58465342;           // no header of the kernel's interface has it
  struct statfs facts {};
  if (::fstatfs(fd, &facts) != 0) return false;
  const auto type = static_cast<uint32_t>(facts.f_type);
  return type == EXT4_SUPER_MAGIC || type == kXfsMagic;
}

}  // namespace sparekeep
