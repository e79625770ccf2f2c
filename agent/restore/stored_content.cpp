#include "agent/restore/stored_content.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "lib/base/files.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kReadSize = 1 << 20;

// The data extents of an entry, which must outlive it; of a file without holes, all of it.
class Extents {
 public:
  explicit Extents(const FileEntry& entry) : entry_(entry), whole_{0, entry.size} {}

  std::span<const FileExtent> all() const {
    if (entry_.data_extents.empty()) return {&whole_, 1};
    return entry_.data_extents;
  }

 private:
  const FileEntry& entry_;
  const FileExtent whole_;
};

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

Result<void> write_stored(PendingFile& file, const FileEntry& entry, uint64_t stored_offset, ByteSpan bytes, StoredPlace& last) {
  const Extents extents(entry);
  while (stored_offset < last.before) last.before -= extents.all()[--last.extent].length;
  while (!bytes.empty()) {
    SK_CHECK(last.extent < extents.all().size());
    const FileExtent& extent = extents.all()[last.extent];
    const uint64_t inside = stored_offset - last.before;
    if (inside >= extent.length) {
      last.before += extent.length, ++last.extent;
      continue;
    }
    const size_t length = static_cast<size_t>(std::min<uint64_t>(bytes.size(), extent.length - inside));
    if (Result<void> written = file.write(extent.offset + inside, bytes.first(length)); !written) return written;
    bytes = bytes.subspan(length), stored_offset += length;
  }
  return {};
}

Result<ContentHash> hash_stored(int fd, const FileEntry& entry) {
  ContentHasher hasher;
  const Extents extents(entry);
  Bytes buffer(static_cast<size_t>(std::min<uint64_t>(kReadSize, stored_size(entry))));
  for (const FileExtent& extent : extents.all())
    for (uint64_t done = 0; done < extent.length;) {
      const MutableSpan bytes = MutableSpan(buffer).first(static_cast<size_t>(std::min<uint64_t>(buffer.size(), extent.length - done)));
      if (Result<void> read = read_range(fd, extent.offset + done, bytes); !read) return read.error();
      hasher.update(bytes);
      done += bytes.size();
    }
  return hasher.finish();
}

Result<bool> holes_are_empty(int fd, const FileEntry& entry) {
  const Extents extents(entry);
  uint64_t begin = 0;
  for (const FileExtent& extent : extents.all()) {
    if (const Result<bool> empty = reads_as_zeros(fd, begin, extent.offset); !empty || !*empty) return empty;
    begin = extent.offset + extent.length;
  }
  return reads_as_zeros(fd, begin, entry.size);
}

// A file without content (empty, or all hole) has no hash.
bool stands_right(TargetWriter& writer, const ManifestEntry& entry, std::string_view place) {
  const Result<Descriptor> file = writer.open_content(place);
  if (!file) return false;
  if (!entry.content.empty())
    if (const Result<ContentHash> hash = hash_stored(file->get(), entry.file); !hash || *hash != entry.hash) return false;
  const Result<bool> empty = holes_are_empty(file->get(), entry.file);
  return empty && *empty;
}

}  // namespace sparekeep::agent
