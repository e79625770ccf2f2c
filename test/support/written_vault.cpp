#include "test/support/written_vault.h"

#include "lib/crypt/digest.h"
#include "lib/vault/chunk_id.h"
#include "lib/vault/chunk_table.h"
#include "lib/vault/compressor.h"
#include "lib/vault/manifest_writer.h"
#include "lib/vault/splitter.h"

namespace sparekeep {

namespace {

Deadline soon(const Clock& clock) { return Deadline(clock, std::chrono::seconds(60)); }

// Takes chunks, makes packs, puts their shards; gives each chunk's place when all is flushed.
class PackLine {
 public:
  PackLine(WrittenVault& world, const PackSettings& settings, const PackKeys& keys, const std::vector<ShardStore*>& stores)
      : world_(world), stores_(stores), namer_(keys), compressor_({}), writer_(settings, keys, world.signer, world.random) {}

  uint32_t put(ByteSpan plain) {
    writer_.add(namer_.id_of(plain), static_cast<uint32_t>(plain.size()), compressor_.compress(plain));
    const auto ticket = static_cast<uint32_t>(places_.size() + waiting_++);
    if (writer_.full()) flush();
    return ticket;
  }

  void flush() {
    if (writer_.empty()) return;
    const SealedPack sealed = writer_.close();
    PackEntry entry{sealed.header.pack, sealed.header.kind, sealed.header.layout, sealed.header.pack_length, {}};
    for (size_t i = 0; i < sealed.shards.size(); ++i) {
      ShardStore& store = *stores_[(i + turn_) % stores_.size()];
      const ShardId id{world_.vault, entry.pack, entry.layout, static_cast<uint8_t>(i)};
      store.put(id, sealed.shards[i].head, sealed.shards[i].payload, soon(world_.clock)).value();
      entry.places.push_back(store.host());
    }
    ++turn_;
    const uint32_t number = packs_.add(entry);
    for (const PackedChunk& chunk : sealed.chunks)
      places_.push_back({chunk.id, number, chunk.index, chunk.offset, chunk.sealed_length, chunk.plain_length, chunk.codec, 0});
    waiting_ = 0;
  }

  const std::vector<ChunkRef>& places() const { return places_; }
  const PackList& packs() const { return packs_; }

 private:
  WrittenVault& world_;
  const std::vector<ShardStore*>& stores_;
  ChunkNamer namer_;
  Compressor compressor_;
  PackWriter writer_;
  PackList packs_;
  std::vector<ChunkRef> places_;
  size_t waiting_ = 0, turn_ = 0;
};

PackSettings settings_of(const WrittenVault& world, PackKind kind, Layout layout, uint64_t target) {
  return {world.vault, 1, kind, layout, target};
}

// One stream over all files, cut by content: a file's pieces are where its bytes came to lie.
void split(std::vector<TestFile>& files, const VaultKeys& keys, ChunkSizes sizes, PackLine& line) {
  Bytes stream;
  for (const TestFile& file : files) append(stream, file.stored);
  std::vector<std::pair<uint64_t, uint32_t>> ends;   // of chunks: end in the stream, number
  const GearTable table(keys.splitter_key());
  ChunkCutter cutter(table, sizes);
  const auto emit = [&](ByteSpan chunk) { ends.emplace_back((ends.empty() ? 0 : ends.back().first) + chunk.size(), line.put(chunk)); };
  cutter.push(stream, emit);
  cutter.finish(emit);
  uint64_t at = 0;
  size_t chunk = 0;
  for (TestFile& file : files) {
    file.entry.content.clear();
    file.entry.hash = file.stored.empty() ? ContentHash() : content_hash(file.stored);
    for (uint64_t left = file.stored.size(); left > 0;) {
      while (ends[chunk].first <= at) ++chunk;
      const uint64_t begin = chunk ? ends[chunk - 1].first : 0;
      const uint64_t length = std::min(left, ends[chunk].first - at);
      file.entry.content.push_back({ends[chunk].second, static_cast<uint32_t>(at - begin), static_cast<uint32_t>(length)});
      at += length;
      left -= length;
    }
  }
}

// The chunk table's rows: where chunks lie, and how much of each lives.
std::vector<ChunkRef> rows_of(const std::vector<TestFile>& files, std::vector<ChunkRef> rows) {
  for (const TestFile& file : files)
    for (const ContentRef& piece : file.entry.content) rows[piece.chunk].live_bytes += piece.length;
  return rows;
}

PackListRoot put_list(const PackList& list, const WrittenVault& world, const std::vector<ShardStore*>& stores) {
  PackListRoot root{list.count(), {}};
  for (const Bytes& block : list.blocks(world.vault)) {
    root.blocks.push_back(pack_list_digest(block));
    for (ShardStore* store : stores)
      store->put_object(world.vault, StoredKind::pack_list_block, root.blocks.back().hex(), block, soon(world.clock)).value();
  }
  return root;
}

}  // namespace

WrittenVault::WrittenVault(uint64_t seed, const Clock& clock_given)
    : random(seed), clock(clock_given), host(random.id<HostId>()), signer(SigningKey::make(random)),
      vault(vault_id_of(host, signer.public_key())), recovery(OpeningKey::make(random)), host_key(OpeningKey::make(random)),
      central(OpeningKey::make(random)), keys(VaultKeys::make(vault, random)), descriptor{vault, 1, host, clock.now(), {}, signer.public_key()} {}

void WrittenVault::introduce(const std::vector<ShardStore*>& stores) {
  const std::vector<Recipient> recipients{{RecipientRole::recovery, recovery.recipient()}, {RecipientRole::host, host_key.recipient()}};
  const Bytes record = make_key_record({vault, 1, clock.now(), recipients}, keys, signer, random).value();
  for (ShardStore* store : stores) {
    store->put_object(vault, StoredKind::descriptor, "1", write_descriptor(descriptor, signer), soon(clock)).value();
    store->put_object(vault, StoredKind::key_record, sha256(record).hex(), record, soon(clock)).value();
  }
}

SnapshotRecord WrittenVault::write(std::vector<TestFile> files, const std::vector<ShardStore*>& stores, const VaultWriteOptions& options) {
  PackLine data(*this, settings_of(*this, PackKind::data, options.layout, options.pack_target), keys.packs(), stores);
  split(files, keys, options.sizes, data);
  data.flush();

  const Layout metadata_copies = metadata_layout(options.layout, stores.size());
  PackLine metadata(*this, settings_of(*this, PackKind::metadata, metadata_copies, options.pack_target), keys.metadata().packs(), stores);
  std::vector<std::pair<std::string, uint32_t>> manifest_chunks;
  ManifestWriter manifest([&](const ManifestChunk& chunk) { manifest_chunks.emplace_back(chunk.first_path, metadata.put(chunk.plain)); });
  for (const TestFile& file : files) manifest.put(file.entry);
  manifest.finish();
  std::vector<uint32_t> table_chunks;
  TableWriter table([&](uint32_t, const Bytes& plain) { table_chunks.push_back(metadata.put(plain)); });
  const std::vector<ChunkRef> rows = rows_of(files, data.places());
  for (uint32_t number = 0; number < rows.size(); ++number) table.put(number, rows[number]);
  const uint32_t table_rows = table.finish();
  metadata.flush();

  SnapshotDraft draft;
  PublicSection& section = draft.public_section;
  section.vault = vault;
  section.snapshot = random.id<SnapshotId>();
  section.sequence = ++sequence_;
  section.previous = previous_;
  section.host = host;
  section.began = section.ended = clock.now();
  draft.public_section.data_packs = put_list(data.packs(), *this, stores);
  draft.public_section.metadata_packs = put_list(metadata.packs(), *this, stores);
  draft.second = R"({"format": 1, "job": "test"})";
  draft.recipients = {central.recipient(), recovery.recipient()};
  draft.vault_part = {manifest.entries(), manifest.file_bytes(), table_rows, {}, {}};
  for (const auto& [path, ticket] : manifest_chunks) draft.vault_part.manifest.push_back({path, metadata.places()[ticket]});
  for (const uint32_t ticket : table_chunks) draft.vault_part.table.push_back(metadata.places()[ticket]);
  SnapshotRecord record = SnapshotRecord::read(write_snapshot_record(draft, keys.metadata(), signer, random), signer.public_key()).value();
  const std::string name = record_name(draft.public_section.snapshot, 1);
  for (ShardStore* store : stores) SK_CHECK(store->put_record(vault, name, record.object(), soon(clock)).value().committed());
  previous_ = record.digest();
  return record;
}

namespace {

TestFile file_of(const std::string& path, Bytes content) {
  TestFile file;
  file.entry.file.path = path;
  file.entry.file.mode = 0640;
  file.entry.file.user = file.entry.file.group = "root";
  file.entry.file.mtime = {1'600'000'000, 123'456'789};
  file.entry.file.size = content.size();
  file.stored = std::move(content);
  return file;
}

Bytes content_of(Random& random, size_t size) {
  Bytes content(size);
  random.fill(content);
  if (random.below(2))
    for (size_t i = 0; i < size; ++i) content[i] = static_cast<uint8_t>('a' + content[i] % 4);   // compresses
  return content;
}

TestFile other_kind(const std::string& path, FileKind kind) {
  TestFile file = file_of(path, {});
  file.entry.file.kind = kind;
  file.entry.file.mode = 0755;
  return file;
}

}  // namespace

std::vector<TestFile> test_files(Random& random, size_t count) {
  std::vector<TestFile> files;
  files.push_back(other_kind("/data", FileKind::directory));
  for (size_t i = 0; i < count; ++i) {
    const size_t sizes[] = {0, 1, random.below(3000), random.below(60'000), random.below(900'000)};
    const std::string number = std::to_string(1000 + i);
    files.push_back(file_of("/data/f" + number, content_of(random, sizes[i % 5])));
  }
  TestFile link = other_kind("/data/hard", FileKind::regular);
  link.entry.file.hard_link = "/data/f1001";
  link.entry.file.size = 1;
  files.push_back(link);
  TestFile sparse = file_of("/data/sparse", content_of(random, 5000));
  sparse.entry.file.data_extents = {{4096, 2000}, {1 << 20, 3000}};
  sparse.entry.file.size = 2 << 20;
  files.push_back(sparse);
  TestFile symlink = other_kind("/data/to", FileKind::symlink);
  symlink.entry.file.link_target = "f1000";
  files.push_back(symlink);
  return files;
}

}  // namespace sparekeep
