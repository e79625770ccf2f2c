// A file that a restore is writing, as both writers give it out (target_writer.h).
#pragma once

#include <memory>
#include <string>

#include "lib/base/bytes.h"
#include "lib/base/descriptor.h"

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

  // Writes content bytes, in any order and from the one thread that owns the file. What is never written is a hole; `offset` is
  // that of the file as readers see it (of a sparse file, too).
  Result<void> write(uint64_t offset, ByteSpan bytes);

  int descriptor() const { return fd_.get(); }         // for reading back what was written

  // Sets size and metadata and renames into place, over a file, link or device, never over a folder (exists). Once.
  Result<void> commit();

 private:
  void written(uint64_t bytes);

  Descriptor fd_;
  std::string place_;
  std::unique_ptr<Ending> ending_;
  uint64_t unsent_ = 0;                                // bytes since the disk was last told to begin
};

}  // namespace sparekeep::agent
