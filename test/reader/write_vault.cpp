// Writes what the reader's test reads: write_vault FOLDER DATA PARITY SYSTEMS makes FOLDER/systemN/{storage,state} as daemons
// keep them (docs/format.md, "On a daemon"), FOLDER/recovery, and FOLDER/expected with the contents of every file.
#include <cstdio>
#include <filesystem>
#include <memory>

#include "lib/base/files.h"
#include "lib/store/memory_store.h"
#include "test/support/still_clock.h"
#include "test/support/written_vault.h"

using namespace sparekeep;

namespace {

constexpr size_t kFiles = 400;

Deadline soon(const Clock& clock) { return Deadline(clock, std::chrono::seconds(60)); }

void write(const Path& path, std::initializer_list<ByteSpan> parts) {
  std::filesystem::create_directories(path.parent_path());
  write_durably(path, std::span(parts.begin(), parts.size())).value();
}

std::string path_of(StoredKind kind, const std::string& name) {
  switch (kind) {
    case StoredKind::descriptor: return "descriptors/" + name;
    case StoredKind::key_record: return "keys/" + name;
    case StoredKind::pack_list_block: return "blocks/" + name;
    case StoredKind::record: return "records/" + name;
  }
  return {};
}

// The store's contents as a daemon's two folders.
void keep(MemoryStore& store, const Path& folder, const Clock& clock) {
  write(folder / "storage" / ".sparekeep-storage", {as_bytes(store.host().hex())});
  for (const ShardId& shard : store.shards()) {
    const StoredShard stored = store.get_shard(shard, soon(clock)).value();
    write(folder / "storage" / shard.path(), {stored.head, stored.payload});
  }
  for (const VaultId& vault : store.list_vaults(soon(clock)).value())
    for (const StoredKind kind : {StoredKind::descriptor, StoredKind::key_record, StoredKind::pack_list_block, StoredKind::record})
      for (const ObjectEntry& entry : store.list_objects(vault, kind, soon(clock)).value())
        write(folder / "state" / "vaults" / vault.hex() / path_of(kind, entry.name),
              {store.get_object(vault, kind, entry.name, soon(clock)).value()});
}

// The content with its holes, as a reader of the file sees it.
Bytes seen(const TestFile& file) {
  if (file.entry.file.data_extents.empty()) return file.stored;
  Bytes content(file.entry.file.size);
  size_t from = 0;
  for (const FileExtent& extent : file.entry.file.data_extents) {
    std::copy_n(file.stored.begin() + from, extent.length, content.begin() + extent.offset);
    from += extent.length;
  }
  return content;
}

void write_expected(const std::vector<TestFile>& files, const Path& folder) {
  for (const TestFile& file : files)
    if (file.entry.file.kind == FileKind::regular && file.entry.file.hard_link.empty())
      write(folder.string() + file.entry.file.path, {seen(file)});
}

int run(const Path& folder, Layout layout, size_t systems) {
  StillClock clock;
  WrittenVault vault(42, clock);
  std::vector<std::unique_ptr<MemoryStore>> owned;
  std::vector<ShardStore*> stores;
  for (size_t i = 0; i < systems; ++i) {
    owned.push_back(std::make_unique<MemoryStore>("system" + std::to_string(i + 1), vault.random.id<HostId>(), clock));
    stores.push_back(owned.back().get());
  }
  vault.introduce(stores);
  vault.write(test_files(vault.random, 3), stores, {.layout = layout});
  const std::vector<TestFile> files = test_files(vault.random, kFiles);
  vault.write(files, stores, {.layout = layout});
  for (const auto& store : owned) keep(*store, folder / store->name(), clock);
  write_expected(files, folder / "expected");
  const std::string recovery = "# made by a test\nformat = \"sparekeep recovery 1\"\nroot = \"" + std::string(64, '0') + "\"\nrecovery = \"" +
                               to_hex(vault.recovery.scalar().reveal()) + "\"\ncreated = \"2026-01-01T00:00:00Z\"\n";
  write(folder / "recovery", {as_bytes(recovery)});
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  try {
    const Layout layout{static_cast<uint8_t>(std::stoi(argv[2])), static_cast<uint8_t>(std::stoi(argv[3]))};
    return run(argv[1], layout, std::stoul(argv[4]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
