#include "agent/backup/outbox.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "lib/base/written_at.h"
#include "lib/vault/descriptor.h"
#include "lib/vault/prelude.h"

namespace sparekeep::agent {

namespace {

constexpr uint64_t kBundleSizeMax = 256ull << 20;
constexpr size_t kBlocksMax = 1 << 16;

constexpr std::string_view suffix_of(OutboxStage stage) {
  switch (stage) {
    case OutboxStage::commit: return ".commit";
    case OutboxStage::send: return ".send";
    case OutboxStage::refused: return ".refused";
  }
  return "";
}

}  // namespace

Result<SnapshotRecord> record_of(const Bundle& bundle) {
  const Result<VaultDescriptor> descriptor = read_descriptor(bundle.descriptor);
  if (!descriptor) return descriptor.error();
  return SnapshotRecord::read(bundle.record, descriptor->signer);
}

std::string snapshot_of(const std::string& item_name) { return item_name.substr(0, item_name.find('.')); }

Path Outbox::path_of(const Item& item) const { return folder_ / (item.name + std::string(suffix_of(item.stage))); }

Result<void> Outbox::add(const std::string& name, const Bundle& bundle) {
  ByteWriter to;
  write_prelude(to, ObjectKind::waiting_snapshot);
  to.raw(bundle.vault.bytes()), to.u32(bundle.epoch), to.blob(bundle.descriptor), to.blob(bundle.key_record);
  to.varint(bundle.blocks.size());
  for (const Bytes& block : bundle.blocks) to.blob(block);
  to.blob(bundle.record), to.text(bundle.second);
  if (const Result<void> made = make_folders(folder_, 0700); !made) return made;
  return write_durably(path_of({name, OutboxStage::commit}), to.bytes(), {.mode = 0600});
}

Result<void> Outbox::move(const Item& item, OutboxStage to) {
  if (::rename(path_of(item).c_str(), path_of({item.name, to}).c_str()) != 0) return system_error("keeping a snapshot that waits on this host", errno);
  return sync_folder(folder_);
}

void Outbox::remove(const Item& item) { (void)remove_durably(path_of(item)); }

std::vector<Outbox::Item> Outbox::items(OutboxStage stage) const {
  std::vector<Item> items;
  const Result<std::vector<std::string>> names = list_folder(folder_);
  if (!names) return {};
  for (const std::string& name : *names) {
    if (!name.ends_with(suffix_of(stage))) continue;
    const Result<Time> written = written_at(folder_ / name);
    items.push_back({name.substr(0, name.size() - suffix_of(stage).size()), stage, written ? *written : Time()});
  }
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.written < b.written; });
  return items;
}

void Outbox::remove_leftovers() const {
  const Result<std::vector<std::string>> names = list_folder(folder_);
  for (const std::string& name : names ? *names : std::vector<std::string>()) {
    int process = 0;                                                   // .sk-PROCESS-NUMBER
    if (std::sscanf(name.c_str(), ".sk-%d-", &process) != 1 || process <= 0) continue;
    if (::kill(process, 0) != 0 && errno == ESRCH) (void)remove_durably(folder_ / name);
  }
}

Result<Bundle> Outbox::load(const Item& item) const {
  const Result<Bytes> bytes = read_file(path_of(item), kBundleSizeMax);
  if (!bytes) return bytes.error();
  const auto copy = [](ByteSpan span) { return Bytes(span.begin(), span.end()); };
  ByteReader from(*bytes);
  if (const Result<void> prelude = read_prelude(from, ObjectKind::waiting_snapshot); !prelude) return prelude.error();
  Bundle bundle{.vault = VaultId::read(from), .epoch = from.u32()};
  bundle.descriptor = copy(from.blob(kBundleSizeMax)), bundle.key_record = copy(from.blob(kBundleSizeMax));
  const uint64_t blocks = from.varint(kBlocksMax);
  for (uint64_t i = 0; i < blocks && from.ok(); ++i) bundle.blocks.push_back(copy(from.blob(kBundleSizeMax)));
  bundle.record = copy(from.blob(kBundleSizeMax));
  if (from.left() > 0) bundle.second = from.text(kSecondMetadataBytesMax);     // older releases wrote none
  if (const Result<void> whole = from.finish("a snapshot that waits on this host"); !whole) return whole.error();
  return bundle;
}

}  // namespace sparekeep::agent
