#include "agent/source/content.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sparekeep::agent {

namespace {

bool same_time(const FileTime& a, const timespec& b) { return a == FileTime{b.tv_sec, static_cast<uint32_t>(b.tv_nsec)}; }

}  // namespace

SourceContent::SourceContent(Descriptor opened, const FileEntry& entry)
    : fd_(std::move(opened)), mtime_(entry.mtime), ctime_(entry.ctime), size_(entry.size), extents_(entry.data_extents) {
  SK_CHECK(entry.kind == FileKind::regular);
  if (extents_.empty() && size_ > 0) extents_.push_back({0, size_});
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
  const bool same = static_cast<uint64_t>(facts.st_size) == size_ && same_time(mtime_, facts.st_mtim) && same_time(ctime_, facts.st_ctim);
  return same ? Result<void>() : Error(ErrorKind::failed, "changed while it was read");
}

}  // namespace sparekeep::agent
