#include "agent/backup/journal.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <optional>
#include <utility>

#include "lib/base/log.h"
#include "lib/base/own_file.h"
#include "lib/crypt/digest.h"
#include "lib/vault/prelude.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kEntrySizeMax = 16 << 20;
constexpr size_t kCheckSize = 8;
constexpr size_t kPieceSize = 1 << 20;                    // that is read at once
constexpr std::string_view kSuffix = ".stored-packs";     // JOB.stored-packs

// An entry: length u32, that many bytes, and the first 8 bytes of their SHA-256.
Bytes encode(const StoredPack& pack) {
  ByteWriter body;
  body.raw(pack.entry.pack.bytes()), body.u8(static_cast<uint8_t>(pack.entry.kind));
  body.u8(pack.entry.layout.data), body.u8(pack.entry.layout.parity), body.u64(pack.entry.pack_length);
  for (const HostId& place : pack.entry.places) body.raw(place.bytes());
  body.varint(pack.chunks.size());
  for (const PackedChunk& chunk : pack.chunks) {
    body.raw(chunk.id.bytes()), body.u32(chunk.index), body.u32(chunk.offset);
    body.u32(chunk.sealed_length), body.u32(chunk.plain_length), body.u8(static_cast<uint8_t>(chunk.codec));
  }
  ByteWriter entry;
  entry.u32(static_cast<uint32_t>(body.size())), entry.raw(body.bytes()), entry.raw(sha256(body.bytes()).bytes().first(kCheckSize));
  return entry.take();
}

StoredPack decode(ByteReader& body) {
  StoredPack pack;
  pack.entry.pack = PackId::read(body), pack.entry.kind = static_cast<PackKind>(body.u8());
  pack.entry.layout.data = body.u8(), pack.entry.layout.parity = body.u8(), pack.entry.pack_length = body.u64();
  for (unsigned i = 0; i < pack.entry.layout.count() && body.ok(); ++i) pack.entry.places.push_back(HostId::read(body));
  const uint64_t count = body.varint(kPackChunksMax);
  for (uint64_t i = 0; i < count && body.ok(); ++i) {
    PackedChunk chunk{.id = ChunkId::read(body), .index = body.u32(), .offset = body.u32()};
    chunk.sealed_length = body.u32(), chunk.plain_length = body.u32(), chunk.codec = static_cast<Codec>(body.u8());
    pack.chunks.push_back(chunk);
  }
  return pack;
}

// Reads a journal from its beginning, piece by piece: that of many terabytes is not held in memory.
class Entries {
 public:
  Entries(int fd, uint64_t size) : fd_(fd), size_(size) {}

  // The next so many bytes, valid until the next call; fewer where the file ends before. What the file system says.
  Result<ByteSpan> take(size_t length) {
    if (window_.size() - at_ < length)
      if (Result<void> filled = fill(length); !filled) return filled.error();
    const ByteSpan taken = ByteSpan(window_).subspan(at_, std::min(length, window_.size() - at_));
    at_ += taken.size(), offset_ += taken.size();
    return taken;
  }
  uint64_t offset() const { return offset_; }             // of what comes next

 private:
  Result<void> fill(size_t length) {
    const uint64_t left = size_ - offset_;
    window_.resize(std::min<uint64_t>(left, std::max(length, kPieceSize)));
    at_ = 0;
    return read_range(fd_, offset_, MutableSpan(window_));
  }

  const int fd_;
  const uint64_t size_;
  uint64_t offset_ = 0;
  Bytes window_;
  size_t at_ = 0;
};

// One entry, or none: the file ends, or is torn here. What the file system says.
Result<std::optional<StoredPack>> next_pack(Entries& entries) {
  const Result<ByteSpan> head = entries.take(sizeof(uint32_t));
  if (!head) return head.error();
  const size_t length = ByteReader(*head).u32();
  if (length > kEntrySizeMax) return std::optional<StoredPack>();
  const Result<ByteSpan> entry = entries.take(length + kCheckSize);
  if (!entry) return entry.error();
  if (entry->size() < length + kCheckSize) return std::optional<StoredPack>();
  const ByteSpan body = entry->first(length);
  if (!same_bytes(sha256(body).bytes().first(kCheckSize), entry->subspan(length))) return std::optional<StoredPack>();
  ByteReader fields(body);
  StoredPack pack = decode(fields);
  return fields.finish("a journal entry") ? std::optional(std::move(pack)) : std::nullopt;
}

using TakePack = std::function<void(StoredPack)>;

// The length of what is whole of an open journal, up to the entry with which it has `size_max` bytes. 0: not even the beginning is.
Result<uint64_t> read_entries(int fd, uint64_t size_max, const TakePack& take) {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) return system_error("examining", errno);
  Entries entries(fd, static_cast<uint64_t>(facts.st_size));
  const Result<ByteSpan> beginning = entries.take(kPreludeSize);
  if (!beginning) return beginning.error();
  ByteReader reader(*beginning);
  if (!read_prelude(reader, ObjectKind::stored_packs)) return 0;
  uint64_t length = kPreludeSize;
  while (length < size_max) {
    Result<std::optional<StoredPack>> pack = next_pack(entries);
    if (!pack) return pack.error();
    if (!*pack) break;
    length = entries.offset();
    take(std::move(**pack));
  }
  return length;
}

// The same of a file: 0 where there is none.
Result<uint64_t> read_journal(const Path& file, uint64_t size_max, const TakePack& take) {
  const Result<Descriptor> fd = open_own_file(file);
  if (fd) return read_entries(fd->get(), size_max, take);
  const ErrorKind why = fd.error().kind();
  if (why == ErrorKind::not_found || why == ErrorKind::corrupt) return 0;
  return fd.error();
}

}  // namespace

Journal::Journal(Path folder, const JobId& job, uint64_t size_max)
    : folder_(std::move(folder)), file_(folder_ / (job.hex() + std::string(kSuffix))), size_max_(size_max) {}

std::vector<StoredPack> Journal::read() const {
  std::vector<StoredPack> packs;
  const Result<std::vector<std::string>> names = list_folder(folder_);
  for (const std::string& name : names ? *names : std::vector<std::string>()) {
    if (!name.ends_with(kSuffix)) continue;
    const Result<uint64_t> length = read_journal(folder_ / name, size_max_, [&](StoredPack pack) { packs.push_back(std::move(pack)); });
    if (!length) log_warning("the journal of stored packs: " + length.error().text());
  }
  return packs;
}

Result<void> Journal::open_at_end() {
  const Result<uint64_t> whole = read_journal(file_, size_max_, [](const StoredPack&) {});
  if (!whole) return whole.error();
  length_ = *whole;
  struct stat facts {};
  if (::lstat(file_.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode)) ::unlink(file_.c_str());   // a FIFO waits for a reader for ever
  open_ = Descriptor(::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!open_) return system_error("opening", errno);
  if (is_full()) return {};                               // nothing of it is cut off: what lies behind is not read
  if (::ftruncate(open_.get(), static_cast<off_t>(length_)) != 0) return system_error("cutting off what is torn", errno);
  if (length_ > 0) return {};
  ByteWriter prelude;
  write_prelude(prelude, ObjectKind::stored_packs);
  length_ = prelude.bytes().size();
  return write_all(open_.get(), prelude.bytes());
}

void Journal::append(const StoredPack& pack) {
  Result<void> written = open_ ? Result<void>() : open_at_end();
  if (written && is_full()) return say_full();
  const Bytes entry = encode(pack);
  if (written) written = write_all(open_.get(), entry);
  length_ += entry.size();
  if (written) return;
  open_.reset();                                          // the next one cuts off what this one has left
  log_warning("the journal of stored packs: " + written.error().text());
}

void Journal::say_full() {
  if (!std::exchange(said_full_, true))
    log_warning("the journal of stored packs has its " + std::to_string(size_max_) + " bytes: what is stored from now on is sent again where this backup does not end");
}

void Journal::clear() {
  open_.reset();
  ::unlink(file_.c_str());
}

}  // namespace sparekeep::agent
