// What a record claims of this daemon: read block by block, so that it costs the memory of one block whatever the record says.
// Each block must stand where it belongs, as readers ask it, too: so no list says more than its own rows, and none of them twice.
#pragma once

#include "daemon/shards/shard_index.h"
#include "daemon/shards/vault_objects.h"
#include "lib/vault/pack_list.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep::daemon {

class RecordClaims {
 public:
  RecordClaims(const VaultObjects& objects, const HostId& self, const PublicSection& facts) : objects_(objects), self_(self), facts_(facts) {}

  // Calls `on_claim` for every shard that the lists place here, with the size of its file; the names of blocks that are not here or no good, whose shards nobody
  // knows. corrupt: a block out of its place or of the other kind, or a pack with two shards here. The same at each call.
  using OnClaim = std::function<void(const ShardId& shard, uint64_t size)>;
  Result<std::vector<std::string>> for_each(const OnClaim& on_claim) const;

 private:
  struct List {
    const PackListRoot& root;
    PackKind kind;
  };
  Result<void> read_block(const List& list, size_t number, const OnClaim& on_claim, std::vector<std::string>& missing) const;
  Result<void> read_row(const PackEntry& pack, PackKind kind, const OnClaim& on_claim) const;

  const VaultObjects& objects_;
  const HostId& self_;
  const PublicSection& facts_;
};

}  // namespace sparekeep::daemon
