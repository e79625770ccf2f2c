#include "agent/backup/journal.h"

#include <fcntl.h>

#include "lib/base/log.h"
#include "lib/crypt/digest.h"

namespace sparekeep::agent {

namespace {

constexpr uint64_t kJournalSizeMax = 1ull << 30;
constexpr size_t kLineSizeMax = 16 << 20;

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

}  // namespace

std::vector<StoredPack> Journal::read() const {
  std::vector<StoredPack> packs;
  const Result<Bytes> bytes = read_file(file_, kJournalSizeMax);
  if (!bytes) return packs;
  for (ByteReader reader(*bytes); reader.left() > 0;) {
    const ByteSpan body = reader.raw(std::min<size_t>(reader.u32(), kLineSizeMax));
    const ByteSpan check = reader.raw(8);
    if (!reader.ok() || !same_bytes(sha256(body).bytes().first(8), check)) break;
    ByteReader fields(body);
    StoredPack pack = decode(fields);
    if (!fields.finish("a journal entry")) break;
    packs.push_back(std::move(pack));
  }
  return packs;
}

void Journal::append(const StoredPack& pack) {
  if (!open_) open_ = Descriptor(::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const Result<void> written = open_ ? write_all(open_.get(), encode(pack)) : Result<void>(system_error("opening", errno));
  if (!written) log_warning("the journal of stored packs: " + written.error().text());
}

void Journal::clear() {
  open_.reset();
  ::unlink(file_.c_str());
}

}  // namespace sparekeep::agent
