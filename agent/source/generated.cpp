#include "agent/source/generated.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "lib/base/files.h"

namespace sparekeep::agent {

namespace {

Result<size_t> read_some(int file, MutableSpan to, uint64_t offset) {
  ssize_t got = -1;
  do got = ::pread(file, to.data(), to.size(), static_cast<off_t>(offset));
  while (got < 0 && errno == EINTR);
  if (got < 0) return system_error("reading", errno);
  return static_cast<size_t>(got);
}

// Its times as the walk saw them; the change time is the copy's own, by which the reader knows that it stays as it is.
Result<void> describe(int copy, FileEntry& entry) {
  const timespec mtime{static_cast<time_t>(entry.mtime.seconds), static_cast<long>(entry.mtime.nanoseconds)};
  const std::array<timespec, 2> times{mtime, mtime};
  struct stat facts {};
  if (::futimens(copy, times.data()) != 0 || ::fstat(copy, &facts) != 0) return system_error("copying what it holds", errno);
  entry.size = static_cast<uint64_t>(facts.st_size);
  entry.mtime = {facts.st_mtim.tv_sec, static_cast<uint32_t>(facts.st_mtim.tv_nsec)};
  entry.ctime = {facts.st_ctim.tv_sec, static_cast<uint32_t>(facts.st_ctim.tv_nsec)};
  return {};
}

}  // namespace

Result<Descriptor> copy_of_generated(int file, FileEntry& entry) {
  Bytes piece(64 << 10);
  Result<size_t> got = read_some(file, piece, 0);
  if (!got) return got.error();
  if (*got == 0) return Descriptor();
  Descriptor copy(::memfd_create("sparekeep", MFD_CLOEXEC));
  if (!copy) return system_error("copying what it holds", errno);
  for (uint64_t done = 0; *got > 0;) {
    if (const Result<void> written = write_all(copy.get(), ByteSpan(piece).first(*got)); !written) return written.error();
    done += *got;
    if (done > kGeneratedBytesMax) return Error(ErrorKind::failed, "not backed up: it says that it is empty, and gives more than 16 MiB");
    got = read_some(file, piece, done);
    if (!got) return got.error();
  }
  const Result<void> described = describe(copy.get(), entry);
  return described ? Result<Descriptor>(std::move(copy)) : described.error();
}

}  // namespace sparekeep::agent
