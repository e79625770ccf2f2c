// A storage system as a rebuilding asks it. Whatever it does not answer leaves the catalogue without what it holds; "not there" alone
// is an answer. So each other failure is remembered: that system has to be asked again.
#pragma once

#include <atomic>

#include "lib/store/shard_store.h"

namespace sparekeep::central {

class HeardStore final : public ShardStore {
 public:
  explicit HeardStore(ShardStore& inside) : inside_(inside) {}

  bool was_heard() const { return !failed_; }          // every question so far was answered
  void not_heard() { failed_ = true; }                 // the answer got lost here

  const std::string& name() const override { return inside_.name(); }
  HostId host() const override { return inside_.host(); }
  Result<SystemFacts> facts_for(const VaultId& vault, const Deadline& deadline) override { return noted(inside_.facts_for(vault, deadline)); }
  Result<void> put(const ShardId& shard, ByteSpan head, ByteSpan payload, const Deadline& deadline) override {
    return inside_.put(shard, head, payload, deadline);
  }
  Result<Bytes> get_head(const ShardId& shard, const Deadline& deadline) override { return noted(inside_.get_head(shard, deadline)); }
  Result<void> get_range(const ShardId& shard, uint64_t offset, MutableSpan to, const Deadline& deadline) override {
    return noted(inside_.get_range(shard, offset, to, deadline));
  }
  Result<StoredShard> get_shard(const ShardId& shard, const Deadline& deadline) override { return noted(inside_.get_shard(shard, deadline)); }
  Result<std::vector<bool>> has(std::span<const ShardId> shards, const Deadline& deadline) override { return noted(inside_.has(shards, deadline)); }
  Result<std::vector<VaultId>> list_vaults(const Deadline& deadline) override { return noted(inside_.list_vaults(deadline)); }
  Result<std::vector<ObjectEntry>> list_objects(const VaultId& vault, StoredKind kind, const Deadline& deadline) override {
    return noted(inside_.list_objects(vault, kind, deadline));
  }
  Result<Bytes> get_object(const VaultId& vault, StoredKind kind, std::string_view name, const Deadline& deadline) override {
    return noted(inside_.get_object(vault, kind, name, deadline));
  }
  Result<void> put_object(const VaultId& vault, StoredKind kind, std::string_view name, ByteSpan object, const Deadline& deadline) override {
    return inside_.put_object(vault, kind, name, object, deadline);
  }
  Result<CommitAnswer> put_record(const VaultId& vault, std::string_view name, ByteSpan record, const Deadline& deadline) override {
    return inside_.put_record(vault, name, record, deadline);
  }

 private:
  template <typename T>
  Result<T> noted(Result<T> answer) {
    if (!answer && answer.error().kind() != ErrorKind::not_found) failed_ = true;
    return answer;
  }
  ShardStore& inside_;
  std::atomic<bool> failed_ = false;
};

}  // namespace sparekeep::central
