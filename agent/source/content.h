// The content of one regular file that the walk has found and opened: an open file stays the same whatever its name comes to mean. A file that
// changes while it is read is told: what was read is then a mixture of two states and must not pass as a good copy without a word.
#pragma once

#include "lib/base/descriptor.h"
#include "lib/base/file_entry.h"

namespace sparekeep::agent {

class SourceContent {
 public:
  // Of the regular file that the walk found and opened; `entry` are that descriptor's facts. Waits some milliseconds where the file has just been
  // changed.
  SourceContent(Descriptor opened, const FileEntry& entry);

  // The next bytes of what is stored (the data extents one after the other, or the whole file), up to to.size(); 0 is the end.
  // failed: "changed while it was read: it is shorter than when it was listed".
  Result<size_t> read(MutableSpan to);

  // After the end: failed "changed while it was read" when size, mtime or ctime are not what the walk saw. Call once.
  Result<void> finish() const;

 private:
  Descriptor fd_;
  FileTime mtime_, ctime_;
  uint64_t size_ = 0;
  std::vector<FileExtent> extents_;  // of a file that is not sparse: one
  size_t extent_ = 0;
  uint64_t done_ = 0;                // bytes of the extent that were read
};

}  // namespace sparekeep::agent
