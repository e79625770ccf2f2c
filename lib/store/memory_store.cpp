#include "lib/store/memory_store.h"

#include <set>

#include "lib/base/text.h"
#include "lib/vault/pack_list.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep {

namespace {

Error nothing(std::string_view name) { return Error(ErrorKind::not_found, "there is no " + in_quotes(name)); }

}  // namespace

Result<StoredShard> MemoryStore::find(const ShardId& shard) const {
  const std::lock_guard lock(mutex_);
  const auto found = shards_.find(shard);
  if (found == shards_.end()) return nothing(shard.name());
  return found->second;
}

Result<SystemFacts> MemoryStore::facts_for(const VaultId& vault, const Deadline&) {
  const std::lock_guard lock(mutex_);
  SystemFacts facts;
  for (const auto& [key, object] : objects_) {
    if (std::get<VaultId>(key) != vault || std::get<StoredKind>(key) != StoredKind::record) continue;
    const Result<PublicSection> section = SnapshotRecord::parse_public(object.bytes);
    if (section && (!facts.newest || section->sequence > facts.newest->sequence)) facts.newest = NewestRecord{std::get<std::string>(key), section->sequence};
  }
  return facts;
}

Result<void> MemoryStore::put(const ShardId& shard, ByteSpan head, ByteSpan payload, const Deadline&) {
  const std::lock_guard lock(mutex_);
  const auto [known, is_new] = shards_.try_emplace(shard);
  if (is_new) known->second = {Bytes(head.begin(), head.end()), Bytes(payload.begin(), payload.end())};
  const bool same = same_bytes(known->second.head, head) && same_bytes(known->second.payload, payload);
  if (!same) return Error(ErrorKind::exists, "another shard " + in_quotes(shard.name()) + " is there");
  return {};
}

Result<Bytes> MemoryStore::get_head(const ShardId& shard, const Deadline&) {
  Result<StoredShard> stored = find(shard);
  if (!stored) return stored.error();
  return std::move(stored->head);
}

Result<void> MemoryStore::get_range(const ShardId& shard, uint64_t offset, MutableSpan to, const Deadline&) {
  const Result<StoredShard> stored = find(shard);
  if (!stored) return stored.error();
  const Bytes& payload = stored->payload;
  if (offset > payload.size() || to.size() > payload.size() - offset) return Error(ErrorKind::corrupt, "the shard ends before");
  std::copy_n(payload.begin() + static_cast<ptrdiff_t>(offset), to.size(), to.begin());
  return {};
}

Result<StoredShard> MemoryStore::get_shard(const ShardId& shard, const Deadline&) { return find(shard); }

Result<std::vector<bool>> MemoryStore::has(std::span<const ShardId> shards, const Deadline&) {
  const std::lock_guard lock(mutex_);
  std::vector<bool> held;
  for (const ShardId& shard : shards) held.push_back(shards_.contains(shard));
  return held;
}

Result<std::vector<VaultId>> MemoryStore::list_vaults(const Deadline&) {
  const std::lock_guard lock(mutex_);
  std::set<VaultId> vaults;
  for (const auto& [key, object] : objects_) vaults.insert(std::get<VaultId>(key));
  return std::vector<VaultId>(vaults.begin(), vaults.end());
}

Result<std::vector<ObjectEntry>> MemoryStore::list_objects(const VaultId& vault, StoredKind kind, const Deadline&) {
  const std::lock_guard lock(mutex_);
  std::vector<ObjectEntry> entries;
  for (const auto& [key, object] : objects_) {
    const auto& [of, is, name] = key;
    if (of == vault && is == kind) entries.push_back({name, object.received});
  }
  return entries;
}

Result<Bytes> MemoryStore::get_object(const VaultId& vault, StoredKind kind, std::string_view name, const Deadline&) {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find({vault, kind, std::string(name)});
  if (found == objects_.end()) return nothing(name);
  return found->second.bytes;
}

Result<void> MemoryStore::store(const ObjectKey& key, ByteSpan bytes) {
  const Time received = std::get<StoredKind>(key) == StoredKind::record ? clock_.now() : Time();
  const auto [known, is_new] = objects_.try_emplace(key, Object{Bytes(bytes.begin(), bytes.end()), received});
  if (is_new || same_bytes(known->second.bytes, bytes)) return {};
  return Error(ErrorKind::exists, "another object " + in_quotes(std::get<std::string>(key)) + " is there");
}

Result<void> MemoryStore::put_object(const VaultId& vault, StoredKind kind, std::string_view name, ByteSpan object, const Deadline&) {
  SK_CHECK(kind != StoredKind::record);
  const std::lock_guard lock(mutex_);
  return store({vault, kind, std::string(name)}, object);
}

void MemoryStore::note_missing(const VaultId& vault, const Digest& digest, CommitAnswer& answer) const {
  const auto object = objects_.find({vault, StoredKind::pack_list_block, digest.hex()});
  if (object == objects_.end()) return answer.missing_blocks.push_back(digest.hex());
  const PackListBlock block = read_pack_list_block(object->second.bytes).value();
  for (const PackEntry& entry : block.entries)
    for (size_t i = 0; i < entry.places.size(); ++i) {
      const ShardId shard{vault, entry.pack, entry.layout, static_cast<uint8_t>(i)};
      if (entry.places[i] == host_ && !shards_.contains(shard)) answer.missing_shards.push_back(shard);
    }
}

CommitAnswer MemoryStore::missing_for(const VaultId& vault, ByteSpan record) const {
  const PublicSection section = SnapshotRecord::parse_public(record).value();
  CommitAnswer answer;
  for (const PackListRoot* root : {&section.data_packs, &section.metadata_packs})
    for (const Digest& digest : root->blocks) note_missing(vault, digest, answer);
  return answer;
}

Result<CommitAnswer> MemoryStore::put_record(const VaultId& vault, std::string_view name, ByteSpan record, const Deadline&) {
  const std::lock_guard lock(mutex_);
  CommitAnswer answer = missing_for(vault, record);
  if (!answer.committed()) return answer;
  if (Result<void> stored = store({vault, StoredKind::record, std::string(name)}, record); !stored) return stored.error();
  return answer;
}

std::vector<ShardId> MemoryStore::shards() const {
  const std::lock_guard lock(mutex_);
  std::vector<ShardId> ids;
  for (const auto& [id, stored] : shards_) ids.push_back(id);
  return ids;
}

bool MemoryStore::remove(const ShardId& shard) {
  const std::lock_guard lock(mutex_);
  return shards_.erase(shard) > 0;
}

bool MemoryStore::replace(const ShardId& shard, StoredShard with) {
  const std::lock_guard lock(mutex_);
  const auto found = shards_.find(shard);
  if (found == shards_.end()) return false;
  found->second = std::move(with);
  return true;
}

bool MemoryStore::replace_object(const VaultId& vault, StoredKind kind, std::string_view name, Bytes with) {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find({vault, kind, std::string(name)});
  if (found == objects_.end()) return false;
  found->second.bytes = std::move(with);
  return true;
}

}  // namespace sparekeep
