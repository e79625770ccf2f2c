// An open file that is written past the page cache (O_DIRECT) wherever memory, offset and length allow it, and by ordinary writes elsewhere.
#pragma once

#include "lib/base/bytes.h"
#include "lib/base/error.h"

namespace sparekeep {

constexpr size_t kDirectAlignment = 4096;            // of memory, offset and length, in bytes: enough for every disk

class DirectFile {                                   // not thread safe. While it is used nobody else writes through this description of the file
 public:
  explicit DirectFile(int fd) : fd_(fd) {}           // stays the caller's
  ~DirectFile() { leave_direct(); }
  DirectFile(const DirectFile&) = delete;

  // Where a direct write is refused, or stops between two blocks, ordinary ones do the rest. Nothing is durable before an fsync.
  Result<void> write(uint64_t offset, ByteSpan bytes);
  void leave_direct() { set_direct(false); }         // for who reads through the same description

 private:
  void set_direct(bool direct);

  int fd_;
  bool direct_ = false, refused_ = false;
};

}  // namespace sparekeep
