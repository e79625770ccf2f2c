// A file that a restore is writing, as both writers give it out (target_writer.h).
#pragma once

#include <memory>
#include <string>

#include "lib/base/bytes.h"
#include "lib/base/descriptor.h"
#include "lib/base/direct_runs.h"

namespace sparekeep::agent {

// A regular file that is being written. Without commit() it leaves nothing.
class PendingFile {
 public:
  class Ending {                                       // what a writer does at the end; destroyed without a commit: removes the file
   public:
    virtual ~Ending() = default;
    virtual Result<void> commit(int fd) = 0;
  };
  PendingFile(Descriptor fd, std::string place, std::unique_ptr<Ending> ending) : fd_(std::move(fd)), place_(std::move(place)), ending_(std::move(ending)) {}
  PendingFile(PendingFile&&) = default;

  // Writes content bytes, in any order and from the one thread that owns the file. What is never written is a hole; `offset` is
  // that of the file as readers see it (of a sparse file, too).
  Result<void> write(uint64_t offset, ByteSpan bytes);

  // From now on write() gathers what follows one another and goes past the page cache, where the file system takes that well. `buffers` outlives it.
  void write_past_cache(RunBuffers& buffers);
  Result<void> settle();                               // all that was given to write() is in the file

  int descriptor() const { return fd_.get(); }         // for reading back what was written, after settle()

  // Settles, sets size and metadata and renames into place, over a file, link or device, never over a folder (exists). Once.
  Result<void> commit();

 private:
  Result<void> write_at_once(uint64_t offset, ByteSpan bytes);

  Descriptor fd_;
  std::unique_ptr<DirectRuns> runs_;                   // ends before the descriptor
  std::string place_;
  std::unique_ptr<Ending> ending_;
};

}  // namespace sparekeep::agent
