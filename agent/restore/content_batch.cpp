#include "agent/restore/content_batch.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/files.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kFilesMax = 256;                      // each holds two descriptors open; users have 1,024 for everything
constexpr uint64_t kBytesMax = 256 << 20;
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
  for (const FileExtent& extent : extents_of(entry))
    for (uint64_t done = 0; done < extent.length;) {
      const size_t length = static_cast<size_t>(std::min<uint64_t>(kReadSize, extent.length - done));
      const Result<Bytes> bytes = read_range(fd, extent.offset + done, length);
      if (!bytes) return bytes.error();
      hasher.update(*bytes);
      done += length;
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

bool ContentBatch::full() const { return files_.size() >= kFilesMax || bytes_ >= kBytesMax; }

bool ContentBatch::holds(std::string_view place) const {
  return std::any_of(files_.begin(), files_.end(), [&](const std::unique_ptr<File>& file) { return file->place == place; });
}

void ContentBatch::add(std::string place, ManifestEntry entry) {
  bytes_ += stored_size(entry.file);
  files_.push_back(std::make_unique<File>());
  files_.back()->place = std::move(place);
  files_.back()->entry = std::move(entry);
}

void ContentBatch::open(File& file, FetchPlan& plan) {
  Result<PendingFile> pending = writer_->begin_file(file.place, file.entry.file);
  if (!pending) {
    file.error = pending.error();
    return;
  }
  file.pending.emplace(std::move(*pending));
  if (const Result<void> planned = snapshot_.plan(file.entry, plan); !planned) {
    file.error = planned.error();
    return;
  }
  uint64_t stored_offset = 0;
  for (const ContentRef& ref : file.entry.content) {
    pieces_[ref.chunk].push_back({&file, stored_offset, ref.offset, ref.length});
    stored_offset += ref.length;
  }
}

void ContentBatch::chunk(uint32_t number, Bytes plain) {
  for (const Piece& piece : pieces_.at(number)) {
    const std::lock_guard lock(piece.file->mutex);
    if (piece.file->error) continue;
    if (uint64_t{piece.offset} + piece.length > plain.size()) {
      piece.file->error = Error(ErrorKind::corrupt, "the manifest asks for bytes beyond the end of a chunk");
      continue;
    }
    const ByteSpan bytes = ByteSpan(plain).subspan(piece.offset, piece.length);
    const Result<void> written = write_stored(*piece.file->pending, piece.file->entry.file, piece.stored_offset, bytes);
    if (!written) piece.file->error = written.error();
  }
}

void ContentBatch::failed(uint32_t number, const Error& error) {
  for (const Piece& piece : pieces_.at(number)) {
    const std::lock_guard lock(piece.file->mutex);
    if (!piece.file->error) piece.file->error = error;
  }
}

void ContentBatch::finish(File& file) {
  if (!file.error && !file.entry.content.empty()) {
    const Result<ContentHash> hash = hash_stored(file.pending->descriptor(), file.entry.file);
    if (!hash) file.error = hash.error();
    else if (*hash != file.entry.hash) file.error = Error(ErrorKind::corrupt, "what was read back is not what the snapshot holds");
  }
  if (!file.error)
    if (const Result<void> named = file.pending->commit(); !named) file.error = named.error();
  if (file.error) report_.error(file.entry.file.path, *file.error);
}

void ContentBatch::run() {
  FetchPlan plan;
  for (const std::unique_ptr<File>& file : files_) open(*file, plan);
  snapshot_.fetch(plan, *this);
  for (const std::unique_ptr<File>& file : files_) finish(*file);
  files_.clear(), pieces_.clear();
  bytes_ = 0;
}

}  // namespace sparekeep::agent
