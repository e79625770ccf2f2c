#include "agent/backup/journal.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/log.h"
#include "lib/base/own_file.h"
#include "lib/crypt/digest.h"
#include "lib/vault/prelude.h"

namespace sparekeep::agent {

namespace {

constexpr uint64_t kJournalSizeMax = 1ull << 30;
constexpr size_t kEntrySizeMax = 16 << 20;
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
  entry.u32(static_cast<uint32_t>(body.size())), entry.raw(body.bytes()), entry.raw(sha256(body.bytes()).bytes().first(8));
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

struct Whole {                                            // what of a journal is whole
  std::vector<StoredPack> packs;
  size_t length = 0;                                      // 0: not even the beginning
};

Whole read_whole(const Path& file) {
  Whole whole;
  const Result<Bytes> bytes = read_own_file(file, kJournalSizeMax);
  if (!bytes) return whole;
  ByteReader reader(*bytes);
  if (!read_prelude(reader, ObjectKind::stored_packs)) return whole;
  whole.length = kPreludeSize;
  while (reader.left() > 0) {
    const ByteSpan body = reader.raw(std::min<size_t>(reader.u32(), kEntrySizeMax));
    const ByteSpan check = reader.raw(8);
    if (!reader.ok() || !same_bytes(sha256(body).bytes().first(8), check)) break;
    ByteReader fields(body);
    StoredPack pack = decode(fields);
    if (!fields.finish("a journal entry")) break;
    whole.packs.push_back(std::move(pack));
    whole.length = bytes->size() - reader.left();
  }
  return whole;
}

}  // namespace

Journal::Journal(Path folder, const JobId& job) : folder_(std::move(folder)), file_(folder_ / (job.hex() + std::string(kSuffix))) {}

std::vector<StoredPack> Journal::read() const {
  std::vector<StoredPack> packs;
  const Result<std::vector<std::string>> names = list_folder(folder_);
  for (const std::string& name : names ? *names : std::vector<std::string>()) {
    if (!name.ends_with(kSuffix)) continue;
    std::vector<StoredPack> more = read_whole(folder_ / name).packs;
    packs.insert(packs.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return packs;
}

Result<void> Journal::open_at_end() {
  const size_t length = read_whole(file_).length;
  struct stat facts {};
  if (::lstat(file_.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode)) ::unlink(file_.c_str());   // a FIFO waits for a reader for ever
  open_ = Descriptor(::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!open_) return system_error("opening", errno);
  if (::ftruncate(open_.get(), static_cast<off_t>(length)) != 0) return system_error("cutting off what is torn", errno);
  if (length > 0) return {};
  ByteWriter prelude;
  write_prelude(prelude, ObjectKind::stored_packs);
  return write_all(open_.get(), prelude.bytes());
}

void Journal::append(const StoredPack& pack) {
  Result<void> written = open_ ? Result<void>() : open_at_end();
  if (written) written = write_all(open_.get(), encode(pack));
  if (written) return;
  open_.reset();                                          // the next one cuts off what this one has left
  log_warning("the journal of stored packs: " + written.error().text());
}

void Journal::clear() {
  open_.reset();
  ::unlink(file_.c_str());
}

}  // namespace sparekeep::agent
