#include "agent/restore/stored_content.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/files.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kReadSize = 1 << 20;

// The data extents of an entry; of a file without holes, all of it.
std::vector<FileExtent> extents_of(const FileEntry& entry) {
  if (!entry.data_extents.empty()) return entry.data_extents;
  return {{0, entry.size}};
}

// Holes are passed over without being read; where the file system knows none, everything is data.
Result<bool> reads_as_zeros(int fd, uint64_t begin, uint64_t end) {
  while (begin < end) {
    const off_t data = ::lseek(fd, static_cast<off_t>(begin), SEEK_DATA);
    if (data < 0 && errno == ENXIO) return true;
    if (data < 0) return system_error("seeking", errno);
    begin = static_cast<uint64_t>(data);
    if (begin >= end) return true;
    const Result<Bytes> bytes = read_range(fd, begin, static_cast<size_t>(std::min<uint64_t>(kReadSize, end - begin)));
    if (!bytes) return bytes.error();
    if (std::any_of(bytes->begin(), bytes->end(), [](uint8_t byte) { return byte != 0; })) return false;
    begin += bytes->size();
  }
  return true;
}

}  // namespace

Result<void> write_stored(PendingFile& file, const FileEntry& entry, uint64_t stored_offset, ByteSpan bytes) {
  uint64_t before = 0;                                 // stored bytes of the extents that were passed
  for (const FileExtent& extent : extents_of(entry)) {
    if (bytes.empty()) break;
    if (stored_offset < before + extent.length) {
      const uint64_t inside = stored_offset - before;
      const size_t length = static_cast<size_t>(std::min<uint64_t>(bytes.size(), extent.length - inside));
      if (Result<void> written = file.write(extent.offset + inside, bytes.first(length)); !written) return written;
      bytes = bytes.subspan(length), stored_offset += length;
    }
    before += extent.length;
  }
  SK_CHECK(bytes.empty());
  return {};
}

Result<ContentHash> hash_stored(int fd, const FileEntry& entry) {
  ContentHasher hasher;
  Bytes buffer(static_cast<size_t>(std::min<uint64_t>(kReadSize, stored_size(entry))));
  for (const FileExtent& extent : extents_of(entry))
    for (uint64_t done = 0; done < extent.length;) {
      const MutableSpan bytes = MutableSpan(buffer).first(static_cast<size_t>(std::min<uint64_t>(buffer.size(), extent.length - done)));
      if (Result<void> read = read_range(fd, extent.offset + done, bytes); !read) return read.error();
      hasher.update(bytes);
      done += bytes.size();
    }
  return hasher.finish();
}

Result<bool> holes_are_empty(int fd, const FileEntry& entry) {
  uint64_t begin = 0;
  for (const FileExtent& extent : extents_of(entry)) {
    if (const Result<bool> empty = reads_as_zeros(fd, begin, extent.offset); !empty || !*empty) return empty;
    begin = extent.offset + extent.length;
  }
  return reads_as_zeros(fd, begin, entry.size);
}

}  // namespace sparekeep::agent
