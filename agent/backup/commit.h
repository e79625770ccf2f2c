// The commit of a backup (storage.md, invariant 2): the record is offered to every system that holds shards of its packs. A system that
// lacks one names it; it is made again from the others and put there, and the record is offered again. In force is a record
// that enough systems have accepted: for each pack at least k + 1 of its places (all of them, or it is degraded).
#pragma once

#include <unordered_set>

#include "agent/backup/outbox.h"
#include "agent/backup/targets.h"
#include "lib/vault/pack_list.h"
#include "lib/vault/pack_header.h"

namespace sparekeep::agent {

struct CommitResult {
  bool in_force = false;
  bool degraded = false;                             // some place of some pack did not accept
  std::unordered_set<PackId> lost_packs;             // reused packs that cannot be completed any more: back up again without them
  std::vector<std::string> accepted_by;              // names of systems
};

class SnapshotCommit {
 public:
  SnapshotCommit(Targets& targets, Clock& clock, const PublicKey& signer) : targets_(targets), clock_(clock), signer_(signer) {}

  // copies: on how many systems the record lies at least, where there are so many (m + 2).
  CommitResult offer(const Bundle& bundle, const std::string& name, size_t copies);

  // Puts descriptor and key record to every system, at once: nothing is taken before. Systems that fail are passed over.
  void introduce(const VaultId& vault, uint32_t epoch, ByteSpan descriptor, ByteSpan key_record);

 private:
  struct Offer;
  void offer_to(const HostId& host, Offer& offer);
  bool answer(const HostId& host, Offer& offer, const CommitAnswer& answer);
  bool rebuild(const HostId& host, const ShardId& shard, const PackEntry& pack);
  void judge(Offer& offer, CommitResult& result) const;

  Targets& targets_;
  Clock& clock_;
  const PublicKey signer_;
};

}  // namespace sparekeep::agent
