// The commit of a backup (storage.md, invariant 2): the record is offered to every system that holds shards of its packs. A system that
// lacks one names it; it is made again from the others and put there, and the record is offered again. A system that names what the record
// does not claim of it, or the same shard again, is asked no more. In force is a record that enough systems have accepted: for each pack at
// least k + 1 of its places.
#pragma once

#include <unordered_set>

#include "agent/backup/outbox.h"
#include "agent/backup/targets.h"
#include "lib/vault/pack_list.h"
#include "lib/vault/pack_header.h"

namespace sparekeep::agent {

struct CommitResult {
  bool in_force = false;
  bool degraded = false;                             // some pack can lose fewer systems than the order declares
  std::unordered_set<PackId> lost_packs;             // a system lacks their shards, and they can not be made again: back up again without them
  std::unordered_set<PackId> short_packs;            // too few of their systems could be asked: the same helps
  std::vector<std::string> accepted_by;              // names of systems
};

struct ToldRecord {                                  // the newest one of a vault, as a system says
  HostId host;
  NewestRecord record;
};

class SnapshotCommit {
 public:
  SnapshotCommit(Targets& targets, Clock& clock, const PublicKey& signer) : targets_(targets), clock_(clock), signer_(signer) {}

  // parity: the order's m. The record lies on m + 2 systems at least, where there are so many that work.
  CommitResult offer(const Bundle& bundle, const std::string& name, unsigned parity);

  // Puts descriptor and key record to every system, at once: nothing is taken before. Systems that fail are passed over. Gives the newest record
  // that each of the others says it holds.
  std::vector<ToldRecord> introduce(const VaultId& vault, uint32_t epoch, ByteSpan descriptor, ByteSpan key_record);

 private:
  struct Offer;
  void offer_to(const HostId& host, Offer& offer);
  Result<CommitAnswer> put_patiently(ShardStore& store, const Offer& offer);
  bool answer(const HostId& host, Offer& offer, const CommitAnswer& answer, std::set<ShardId>& given);
  bool give_shard(const HostId& host, Offer& offer, const ShardId& shard);
  bool rebuild(const HostId& host, const ShardId& shard, const PackEntry& pack);
  void judge(Offer& offer, unsigned parity, CommitResult& result) const;

  Targets& targets_;
  Clock& clock_;
  const PublicKey signer_;
};

}  // namespace sparekeep::agent
