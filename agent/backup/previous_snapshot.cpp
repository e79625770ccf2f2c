#include "agent/backup/previous_snapshot.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "lib/base/own_file.h"
#include "lib/base/text.h"
#include "lib/vault/content_hash.h"
#include "lib/vault/prelude.h"

namespace sparekeep::agent {

namespace {

constexpr uint64_t kSnapshotFileSizeMax = 2ull << 30;
constexpr uint64_t kCacheItemsMax = 1u << 28;
constexpr size_t kChunkHeadSize = 4 + ContentHash::kSize;   // in the manifest
constexpr std::string_view kSnapshotSuffix = ".snapshot", kManifestSuffix = ".manifest";

void write_ref(ByteWriter& to, const ChunkRef& ref) {
  to.raw(ref.id.bytes()), to.u32(ref.pack), to.u32(ref.index), to.u32(ref.offset), to.u32(ref.sealed_length);
  to.u32(ref.plain_length), to.u8(static_cast<uint8_t>(ref.codec)), to.u32(ref.live_bytes);
}

ChunkRef read_ref(ByteReader& from) {
  ChunkRef ref{.id = ChunkId::read(from), .pack = from.u32(), .index = from.u32(), .offset = from.u32(), .sealed_length = from.u32()};
  ref.plain_length = from.u32(), ref.codec = static_cast<Codec>(from.u8()), ref.live_bytes = from.u32();
  return ref;
}

void write_pack(ByteWriter& to, const PackEntry& pack) {
  to.raw(pack.pack.bytes()), to.u8(static_cast<uint8_t>(pack.kind)), to.u8(pack.layout.data), to.u8(pack.layout.parity);
  to.u64(pack.pack_length), to.varint(pack.places.size());
  for (const HostId& place : pack.places) to.raw(place.bytes());
}

PackEntry read_pack(ByteReader& from) {
  PackEntry pack{.pack = PackId::read(from), .kind = static_cast<PackKind>(from.u8())};
  pack.layout.data = from.u8(), pack.layout.parity = from.u8(), pack.pack_length = from.u64();
  const uint64_t places = from.varint(kDataShardsMax + kParityShardsMax);
  for (uint64_t i = 0; i < places && from.ok(); ++i) pack.places.push_back(HostId::read(from));
  return pack;
}

template <typename T, typename Read>
void read_items(ByteReader& from, std::vector<T>& to, Read read) {
  const uint64_t count = from.varint(kCacheItemsMax);
  for (uint64_t i = 0; i < count && from.ok(); ++i) to.push_back(read(from));
}

template <typename T, typename Write>
void write_items(ByteWriter& to, const std::vector<T>& items, Write write) {
  to.varint(items.size());
  for (const T& item : items) write(to, item);
}

void write_key(ByteWriter& to, const ManifestKey& key) { to.text(key.first_path), write_ref(to, key.chunk); }
ManifestKey read_key(ByteReader& from) {
  ManifestKey key{.first_path = from.text(kPathBytesMax)};
  key.chunk = read_ref(from);
  return key;
}

Bytes encode(const SnapshotMemory& memory) {
  ByteWriter body;
  write_prelude(body, ObjectKind::snapshot_memory);
  body.raw(memory.snapshot.bytes()), body.i64(memory.began.nanoseconds);
  write_items(body, memory.data_packs, write_pack), write_items(body, memory.metadata_packs, write_pack);
  write_items(body, memory.rows, write_ref), write_items(body, memory.manifest, write_key), write_items(body, memory.table, write_ref);
  body.varint(memory.away.size());
  for (const HostId& host : memory.away) body.raw(host.bytes());
  body.raw(content_hash(body.bytes()).bytes());
  return body.take();
}

Result<SnapshotMemory> decode(ByteSpan body) {
  ByteReader from(body);
  SnapshotMemory memory;
  if (Result<void> prelude = read_prelude(from, ObjectKind::snapshot_memory); !prelude) return prelude.error();
  memory.snapshot = SnapshotId::read(from), memory.began = Time{from.i64()};
  read_items(from, memory.data_packs, read_pack), read_items(from, memory.metadata_packs, read_pack);
  read_items(from, memory.rows, read_ref), read_items(from, memory.manifest, read_key), read_items(from, memory.table, read_ref);
  const uint64_t away = from.varint(kCacheItemsMax);
  for (uint64_t i = 0; i < away && from.ok(); ++i) memory.away.insert(HostId::read(from));
  if (Result<void> whole = from.finish("the snapshot cache"); !whole) return whole.error();
  return memory;
}

Result<SnapshotMemory> load_memory(const Path& file) {
  const Result<Bytes> bytes = read_own_file(file, kSnapshotFileSizeMax);
  if (!bytes) return bytes.error();
  const size_t length = bytes->size() - std::min(bytes->size(), ContentHash::kSize);
  const ByteSpan body = ByteSpan(*bytes).first(length);
  if (!same_bytes(content_hash(body).bytes(), ByteSpan(*bytes).subspan(length))) return Error(ErrorKind::corrupt, in_quotes(file.native()) + " is damaged");
  return decode(body);
}

}  // namespace

SnapshotCache::SnapshotCache(const Path& folder, const JobId& job)
    : folder_(folder),
      job_(job.hex()),
      snapshot_file_(folder / (job_ + std::string(kSnapshotSuffix))),
      new_manifest_file_(folder / (job_ + ".manifest.new")) {}

Path SnapshotCache::manifest_file(const SnapshotId& snapshot) const { return folder_ / (job_ + "." + snapshot.hex() + std::string(kManifestSuffix)); }

// Earlier releases named the manifest by the job alone: it gets its name of now, so that it is never one of theirs that does not fit.
Result<std::optional<SnapshotMemory>> SnapshotCache::load() {
  Result<SnapshotMemory> memory = load_memory(snapshot_file_);
  if (!memory && memory.error().kind() == ErrorKind::not_found) return std::optional<SnapshotMemory>();
  if (!memory) return memory.error();
  ::rename((folder_ / (job_ + std::string(kManifestSuffix))).c_str(), manifest_file(memory->snapshot).c_str());
  return std::optional<SnapshotMemory>(std::move(*memory));
}

void SnapshotCache::each_other(const std::function<void(const SnapshotMemory&)>& take) const {
  const Result<std::vector<std::string>> names = list_folder(folder_);
  for (const std::string& name : names ? *names : std::vector<std::string>()) {
    if (!name.ends_with(kSnapshotSuffix) || folder_ / name == snapshot_file_) continue;
    if (const Result<SnapshotMemory> memory = load_memory(folder_ / name)) take(*memory);
  }
}

Result<void> SnapshotCache::check_manifest(const SnapshotMemory& memory) const {
  const Path path = manifest_file(memory.snapshot);
  const Result<Descriptor> file = open_own_file(path);
  if (!file) return file.error();
  uint64_t offset = 0;
  for (const ManifestKey& key : memory.manifest) {
    const Result<Bytes> head = read_range(file->get(), offset, kChunkHeadSize);
    if (!head) return head.error().during(in_quotes(path.native()));
    if (ByteReader(*head).u32() != key.chunk.plain_length) return Error(ErrorKind::corrupt, in_quotes(path.native()) + " is damaged");
    offset += kChunkHeadSize + key.chunk.plain_length;
  }
  struct stat facts {};
  if (::fstat(file->get(), &facts) != 0) return system_error("reading " + in_quotes(path.native()), errno);
  if (static_cast<uint64_t>(facts.st_size) != offset) return Error(ErrorKind::corrupt, in_quotes(path.native()) + " is damaged");
  return {};
}

// Chunks are read in order, as a merge does, and some may be passed over; each is its length (u32), a hash of its bytes, and the bytes.
ManifestReader SnapshotCache::open_manifest(const SnapshotMemory& memory) const {
  struct State {
    Result<Descriptor> file;
    uint64_t offset = 0;
    size_t next = 0;
  };
  auto state = std::make_shared<State>(State{.file = open_own_file(manifest_file(memory.snapshot))});
  std::vector<std::string> first_paths;
  for (const ManifestKey& key : memory.manifest) first_paths.push_back(key.first_path);
  return ManifestReader(std::move(first_paths), [state](size_t number) -> Result<Bytes> {
    if (!state->file) return state->file.error();
    if (number < state->next) return Error(ErrorKind::corrupt, "the manifest cache is read in order only");
    for (;;) {  // ends: every turn is a chunk further
      const Result<Bytes> head = read_range(state->file->get(), state->offset, kChunkHeadSize);
      if (!head) return head.error();
      ByteReader reader(*head);
      const uint32_t length = std::min(reader.u32(), kChunkLengthMax);
      const uint64_t start = state->offset + head->size();
      state->offset = start + length;
      if (state->next++ < number) continue;
      Result<Bytes> plain = read_range(state->file->get(), start, length);
      if (plain && !same_bytes(content_hash(*plain).bytes(), reader.rest())) return Error(ErrorKind::corrupt, "the manifest cache is damaged");
      return plain;
    }
  });
}

void SnapshotCache::begin() {
  ::unlink(new_manifest_file_.c_str());                          // of a run that was killed, or anything else: a FIFO waits for a reader for ever
  new_manifest_ = Descriptor(::open(new_manifest_file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  written_ = new_manifest_ ? Result<void>() : Result<void>(system_error("creating the manifest cache", errno));
}

void SnapshotCache::add_manifest_chunk(ByteSpan plain) {
  ByteWriter head;
  head.u32(static_cast<uint32_t>(plain.size())), head.raw(content_hash(plain).bytes());
  if (written_) written_ = write_all(new_manifest_.get(), head.bytes());
  if (written_) written_ = write_all(new_manifest_.get(), plain);
  if (!written_) ::unlink(new_manifest_file_.c_str());            // what is full needs the room
}

Result<void> SnapshotCache::save(const SnapshotMemory& memory) {
  const Descriptor manifest = std::move(new_manifest_);
  if (!written_) return written_;
  const Path kept = manifest_file(memory.snapshot);
  if (::fdatasync(manifest.get()) != 0 || ::rename(new_manifest_file_.c_str(), kept.c_str()) != 0) return system_error("keeping the manifest cache", errno);
  if (Result<void> written = write_durably(snapshot_file_, encode(memory), {.mode = 0600}); !written) return written;
  remove_manifests_but(kept);
  return {};
}

void SnapshotCache::remove_manifests_but(const Path& kept) const {
  const Result<std::vector<std::string>> names = list_folder(folder_);
  for (const std::string& name : names ? *names : std::vector<std::string>())
    if (name.starts_with(job_ + ".") && name.ends_with(kManifestSuffix) && folder_ / name != kept) ::unlink((folder_ / name).c_str());
}

}  // namespace sparekeep::agent
