// A large file whose content comes in pieces, written past the page cache: pieces that follow one another are gathered, and go out in few large writes
// of whole blocks while more come. That costs a copy less, the disk works from the beginning, and what the host has in memory for its own work stays there.
#pragma once

#include <cstdlib>
#include <memory>
#include <mutex>
#include <vector>

#include "lib/base/direct_file.h"

namespace sparekeep {

// A bounded number of aligned buffers that the files of one restore share. Thread safe.
class RunBuffers {
 public:
  static constexpr size_t kSize = 4 << 20;             // bytes: from here on one write after the other keeps a disk busy
  struct Free {
    void operator()(uint8_t* bytes) const { std::free(bytes); }
  };
  using Buffer = std::unique_ptr<uint8_t, Free>;

  explicit RunBuffers(size_t buffers_max) : left_(buffers_max) {}
  Buffer take();                                       // null: all are in use, or there is no memory
  void give(Buffer buffer);

 private:
  std::mutex mutex_;
  size_t left_;                                        // that were never made
  std::vector<Buffer> waiting_;
};

class DirectRuns {                                     // of one file; not thread safe
 public:
  DirectRuns(int fd, RunBuffers& buffers) : file_(fd), buffers_(buffers) {}
  ~DirectRuns();                                       // what was not written yet is dropped
  DirectRuns(const DirectRuns&) = delete;

  Result<void> write(uint64_t offset, ByteSpan bytes); // in any order; pieces do not overlap
  Result<void> finish();                               // all that came is written; readers of the same description see it

 private:
  // Bytes [begin, end) of the file. Byte `begin` lies in the buffer as far from its start as from the block's in the file.
  struct Run {
    RunBuffers::Buffer buffer;
    uint64_t begin = 0, end = 0;
    uint64_t base() const { return begin - begin % kDirectAlignment; }
    size_t room() const { return static_cast<size_t>(base() + RunBuffers::kSize - end); }
  };
  Result<Run*> run_at(uint64_t offset);
  Result<void> add(Run& run, ByteSpan bytes);
  Result<void> flush(Run& run);

  DirectFile file_;
  RunBuffers& buffers_;
  std::vector<Run> runs_;                              // the one that was added to last is the last
};

// Do direct writes pay on the file system that `fd` is on? Only such are named as are known to take them well.
bool takes_direct_writes(int fd);

}  // namespace sparekeep
