// Taking a record into force (storage.md, invariant 2; docs/format.md, "Snapshot record"): only when every shard that it claims of
// this daemon is held, none of them in grace, and every pack list block that it names is here. Then the record is durable
// and the shards are pinned, in one transaction. What is missing is named, and nothing is changed. Claims are read from the pack
// list twice, to look and to pin, and never held together: a record costs no memory by the number of shards that it names.
#pragma once

#include "daemon/shards/record_claims.h"
#include "daemon/shards/shard_directory.h"
#include "daemon/shards/shard_index.h"
#include "daemon/shards/vault_objects.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep::daemon {

constexpr size_t kMissingNamedMax = 100'000;       // shards in one answer; more are named when these are there

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

  // At start: records on disk that the index does not know (a crash, a lost index) are pinned and listed, with the time at which they
  // came. They were accepted once, so what is missing of them is said and all else is kept. Where one cannot be read, so that nobody
  // knows what it names, nothing of its vault is let go. No fault keeps the daemon from giving back what it keeps.
  void reconcile();

 private:
  Result<CommitOutcome> look(const PublicSection& facts) const;
  Result<CommitOutcome> pin(std::string_view name, ByteSpan object, const PublicSection& facts);
  void pin_again(const VaultId& vault, const std::string& name);
  Result<std::vector<std::string>> count_missing(const PublicSection& facts, const std::string& name) const;
  void keep(const VaultId& vault, const std::string& record, const Error& error);
  Result<void> reconcile(const VaultId& vault);
  std::optional<Error> kept_because(const ShardId& shard) const;

  ShardDirectory& shards_;
  VaultObjects& objects_;
  ShardIndex& index_;
  Clock& clock_;
  const HostId self_;
  std::mutex mutex_;
  std::string all_kept_;                             // why nothing at all is let go; empty: nothing speaks against it
  std::map<VaultId, std::map<std::string, std::string>> kept_;   // vaults of which nothing is let go: by record, why
};

}  // namespace sparekeep::daemon
