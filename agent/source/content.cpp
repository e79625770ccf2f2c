#include "agent/source/content.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/clock.h"

namespace sparekeep::agent {

namespace {

FileTime time_of(const timespec& time) { return {time.tv_sec, static_cast<uint32_t>(time.tv_nsec)}; }

}  // namespace

SourceContent::SourceContent(Descriptor opened, const FileEntry& entry)
    : fd_(std::move(opened)), mtime_(entry.mtime), ctime_(entry.ctime), size_(entry.size), extents_(entry.data_extents) {
  SK_CHECK(entry.kind == FileKind::regular);
  if (extents_.empty() && size_ > 0) extents_.push_back({0, size_});
  // A write in the tick of the change before it would move no time, and not be noticed while the file is read.
  wait_for_tick_after(ctime_.seconds, ctime_.nanoseconds);
}

Result<size_t> SourceContent::read(MutableSpan to) {
  while (extent_ < extents_.size() && done_ == extents_[extent_].length) ++extent_, done_ = 0;
  if (extent_ == extents_.size() || to.empty()) return size_t{0};
  const FileExtent& extent = extents_[extent_];
  const size_t wanted = static_cast<size_t>(std::min<uint64_t>(to.size(), extent.length - done_));
  ssize_t got = -1;
  do got = ::pread(fd_.get(), to.data(), wanted, static_cast<off_t>(extent.offset + done_));
  while (got < 0 && errno == EINTR);
  if (got < 0) return system_error("reading", errno);
  if (got == 0) return Error(ErrorKind::failed, "changed while it was read: it is shorter than when it was listed");
  done_ += static_cast<uint64_t>(got);
  return static_cast<size_t>(got);
}

Result<void> SourceContent::finish() const {
  struct stat facts {};
  if (::fstat(fd_.get(), &facts) != 0) return system_error("examining", errno);
  const bool same = static_cast<uint64_t>(facts.st_size) == size_ && mtime_ == time_of(facts.st_mtim) && ctime_ == time_of(facts.st_ctim);
  return same ? Result<void>() : Error(ErrorKind::failed, "changed while it was read");
}

}  // namespace sparekeep::agent
