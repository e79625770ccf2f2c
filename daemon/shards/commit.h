// Taking a record into force (storage.md, invariant 2; docs/format.md, "Snapshot record"): only when every shard that it claims of
// this daemon is held, none of them in grace, and every pack list block that it names is here. Then the record is durable
// and the shards are pinned, in one transaction. What is missing is named, and nothing is changed.
#pragma once

#include "daemon/shards/shard_directory.h"
#include "daemon/shards/shard_index.h"
#include "daemon/shards/vault_objects.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep::daemon {

struct CommitOutcome {
  bool created = false;                            // false: the same record was in force already
  std::vector<ShardId> missing_shards;
  std::vector<std::string> missing_blocks;
  bool committed() const { return missing_shards.empty() && missing_blocks.empty(); }
};

class Commit {
 public:
  Commit(ShardDirectory& shards, VaultObjects& objects, ShardIndex& index, Clock& clock, const HostId& self)
      : shards_(shards), objects_(objects), index_(index), clock_(clock), self_(self) {}

  // corrupt, denied (signature), exists (another record of this name), no_space.
  Result<CommitOutcome> take(const VaultId& vault, std::string_view name, ByteSpan object);

  // Deleting goes through here, too, so that it never runs beside a commit: a shard moves to grace, or locked says why not.
  Result<void> remove(const ShardId& shard, Duration lock);

  // At start: records that a crash left on disk without their pins are pinned, with the time at which they came. What fails is
  // said, and does not keep the daemon from giving back what it keeps.
  void reconcile();

 private:
  struct Claims {
    std::vector<ShardId> shards;
    std::vector<std::string> missing_blocks;
  };
  Claims claims_of(const VaultId& vault, const PublicSection& facts) const;
  void add_claims(Claims& claims, const VaultId& vault, const Digest& block) const;
  Result<CommitOutcome> take_at(const VaultId& vault, std::string_view name, ByteSpan object, Time received);
  Result<CommitOutcome> pin(std::string_view name, ByteSpan object, const PublicSection& facts, Time received);
  void pin_again(const VaultId& vault, const std::string& name);

  ShardDirectory& shards_;
  VaultObjects& objects_;
  ShardIndex& index_;
  Clock& clock_;
  const HostId self_;
  std::mutex mutex_;
};

}  // namespace sparekeep::daemon
