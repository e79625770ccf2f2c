// A storage system in memory: the smallest implementation of the seam, for tests and simulations. It takes what a daemon would take
// from a signer that it knows nothing of: form is checked, signatures are not.
#pragma once

#include <map>
#include <mutex>
#include <tuple>

#include "lib/store/shard_store.h"

namespace sparekeep {

class MemoryStore final : public ShardStore {
 public:
  MemoryStore(std::string name, const HostId& host, const Clock& clock) : name_(std::move(name)), host_(host), clock_(clock) {}

  const std::string& name() const override { return name_; }
  HostId host() const override { return host_; }
  Result<SystemFacts> facts_for(const VaultId& vault, const Deadline& deadline) override;
  Result<void> put(const ShardId& shard, ByteSpan head, ByteSpan payload, const Deadline& deadline) override;
  Result<Bytes> get_head(const ShardId& shard, const Deadline& deadline) override;
  Result<void> get_range(const ShardId& shard, uint64_t offset, MutableSpan to, const Deadline& deadline) override;
  Result<StoredShard> get_shard(const ShardId& shard, const Deadline& deadline) override;
  Result<std::vector<bool>> has(std::span<const ShardId> shards, const Deadline& deadline) override;
  Result<std::vector<VaultId>> list_vaults(const Deadline& deadline) override;
  Result<std::vector<ObjectEntry>> list_objects(const VaultId& vault, StoredKind kind, const Deadline& deadline) override;
  Result<Bytes> get_object(const VaultId& vault, StoredKind kind, std::string_view name, const Deadline& deadline) override;
  Result<void> put_object(const VaultId& vault, StoredKind kind, std::string_view name, ByteSpan object, const Deadline& deadline) override;

  // Refuses records that claim shards or blocks it does not hold; needs no signer to tell.
  Result<CommitAnswer> put_record(const VaultId& vault, std::string_view name, ByteSpan record, const Deadline& deadline) override;

  // What a test does behind the store's back.
  std::vector<ShardId> shards() const;
  bool remove(const ShardId& shard);
  bool replace(const ShardId& shard, StoredShard with);     // false: it is not there
  bool replace_object(const VaultId& vault, StoredKind kind, std::string_view name, Bytes with);

 private:
  struct Object {
    Bytes bytes;
    Time received;
  };
  using ObjectKey = std::tuple<VaultId, StoredKind, std::string>;
  Result<StoredShard> find(const ShardId& shard) const;
  CommitAnswer missing_for(const VaultId& vault, ByteSpan record) const;
  void note_missing(const VaultId& vault, const Digest& block, CommitAnswer& answer) const;
  Result<void> store(const ObjectKey& key, ByteSpan bytes);

  const std::string name_;
  const HostId host_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<ShardId, StoredShard> shards_;
  std::map<ObjectKey, Object> objects_;
};

}  // namespace sparekeep
