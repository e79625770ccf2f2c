#include "agent/backup/commit.h"

#include "lib/base/worker_pool.h"
#include "lib/crypt/digest.h"
#include "lib/vault/places.h"
#include "lib/vault/shard.h"

namespace sparekeep::agent {

namespace {

constexpr int kOfferRoundsMax = 4;                    // offers of one record to one system
constexpr size_t kCommitThreads = 8;
constexpr Duration kRestartPatience = std::chrono::seconds(10), kBetweenTries = std::chrono::milliseconds(200);
constexpr Duration kObjectLimit = std::chrono::seconds(60);
constexpr Duration kShardLimit = std::chrono::seconds(120);

// Head and payload of shard `index`, made from the other shards of its pack.
Result<StoredShard> remake(const ShardHead& known, std::span<const ShardSpan> survivors, unsigned index) {
  Result<Bytes> payload = rebuild_shard(known.header, survivors, index);
  if (!payload) return payload.error();
  return StoredShard{write_shard_head(static_cast<uint8_t>(index), known.header_object, block_digests(*payload)), std::move(*payload)};
}

}  // namespace

struct SnapshotCommit::Offer {
  const Bundle& bundle;
  const std::string& name;
  std::map<PackId, PackEntry> packs;
  std::map<std::string, const Bytes*> blocks;         // by name
  std::mutex mutex;
  std::set<HostId> accepted;
  std::unordered_set<PackId> lost;
};

namespace {

// Does the record say that this system holds the shard?
bool is_claimed(const auto& offer, const HostId& host, const ShardId& shard) {
  const auto pack = offer.packs.find(shard.pack);
  if (pack == offer.packs.end() || shard.vault != offer.bundle.vault || !(shard.layout == pack->second.layout)) return false;
  return shard.index < pack->second.places.size() && pack->second.places[shard.index] == host;
}

}  // namespace

std::vector<ToldRecord> SnapshotCommit::introduce(const VaultId& vault, uint32_t epoch, ByteSpan descriptor, ByteSpan key_record) {
  const std::vector<HostId> hosts = targets_.hosts();
  std::mutex mutex;
  std::vector<ToldRecord> told;
  parallel_for(hosts.size(), kCommitThreads, [&](size_t i) {
    if (targets_.has_failed(hosts[i])) return;
    ShardStore& store = *targets_.store(hosts[i]);
    const Deadline deadline(clock_, kObjectLimit);
    Result<void> put = store.put_object(vault, StoredKind::descriptor, std::to_string(epoch), descriptor, deadline);
    if (put) put = store.put_object(vault, StoredKind::key_record, sha256(key_record).hex(), key_record, deadline);
    const Result<SystemFacts> facts = put ? store.facts_for(vault, deadline) : put.error();
    if (!facts) return targets_.failed(hosts[i], facts.error());
    targets_.has_room(hosts[i], facts->available_bytes);
    const std::lock_guard lock(mutex);
    if (facts->newest) told.push_back({hosts[i], *facts->newest});
  });
  return told;
}

CommitResult SnapshotCommit::offer(const Bundle& bundle, const std::string& name, unsigned parity) {
  Offer offer{.bundle = bundle, .name = name, .packs = {}, .blocks = {}, .mutex = {}, .accepted = {}, .lost = {}};
  std::set<HostId> hosts;
  for (const Bytes& block : bundle.blocks) {
    offer.blocks[pack_list_digest(block).hex()] = &block;
    for (const PackEntry& pack : read_pack_list_block(block).value().entries)
      if (!pack.unused()) offer.packs[pack.pack] = pack, hosts.insert(pack.places.begin(), pack.places.end());
  }
  hosts.erase(HostId());                              // a shard that found no place
  for (const HostId& host : targets_.hosts())         // further copies of the record
    if (hosts.size() < parity + 2u && !targets_.has_failed(host)) hosts.insert(host);
  const std::vector<HostId> order(hosts.begin(), hosts.end());
  parallel_for(order.size(), kCommitThreads, [&](size_t i) { offer_to(order[i], offer); });
  CommitResult result;
  judge(offer, parity, result);
  return result;
}

void SnapshotCommit::offer_to(const HostId& host, Offer& offer) {
  ShardStore* store = targets_.store(host);
  std::set<ShardId> given;
  for (int round = 0; round < kOfferRoundsMax && store && !targets_.has_failed(host); ++round) {
    const Result<CommitAnswer> answered = put_patiently(*store, offer);
    if (!answered) return targets_.failed(host, answered.error());
    if (answered->committed()) {
      const std::lock_guard lock(offer.mutex);
      offer.accepted.insert(host);
      return;
    }
    if (!answer(host, offer, *answered, given)) return;
  }
}

// A daemon that is upgraded just now does not listen for a moment.
Result<CommitAnswer> SnapshotCommit::put_patiently(ShardStore& store, const Offer& offer) {
  const Deadline patience(clock_, kRestartPatience);
  while (true) {
    Result<CommitAnswer> answered = store.put_record(offer.bundle.vault, offer.name, offer.bundle.record, Deadline(clock_, kObjectLimit));
    if (answered || answered.error().kind() != ErrorKind::unreachable || patience.passed()) return answered;
    clock_.sleep(kBetweenTries);
  }
}

// Gives the system what it lacks; false when it cannot be had.
bool SnapshotCommit::answer(const HostId& host, Offer& offer, const CommitAnswer& answered, std::set<ShardId>& given) {
  for (const std::string& name : answered.missing_blocks) {
    const auto block = offer.blocks.find(name);
    if (block == offer.blocks.end()) return false;
    const Result<void> put = targets_.store(host)->put_object(offer.bundle.vault, StoredKind::pack_list_block, name, *block->second,
                                                              Deadline(clock_, kObjectLimit));
    if (!put) return targets_.failed(host, put.error()), false;
  }
  bool whole = true;
  for (const ShardId& shard : answered.missing_shards) {
    if (!is_claimed(offer, host, shard) || !given.insert(shard).second)
      return targets_.failed(host, Error(ErrorKind::corrupt, targets_.name_of(host) + ": it asks for shards that it was not to have, or has been given")), false;
    whole = give_shard(host, offer, shard) && whole;
  }
  return whole;
}

bool SnapshotCommit::give_shard(const HostId& host, Offer& offer, const ShardId& shard) {
  if (rebuild(host, shard, offer.packs.at(shard.pack))) return true;
  const std::lock_guard lock(offer.mutex);
  offer.lost.insert(shard.pack);
  return false;
}

bool SnapshotCommit::rebuild(const HostId& host, const ShardId& shard, const PackEntry& pack) {
  std::vector<StoredShard> shards;
  std::vector<ShardHead> heads;
  for (unsigned i = 0; i < pack.places.size() && shards.size() < pack.layout.data; ++i) {
    ShardStore* store = i == shard.index ? nullptr : targets_.store(pack.places[i]);
    if (!store || targets_.has_failed(pack.places[i])) continue;
    Result<StoredShard> got = store->get_shard({shard.vault, shard.pack, shard.layout, static_cast<uint8_t>(i)}, Deadline(clock_, kShardLimit));
    const Result<ShardHead> head = got ? parse_shard_head(got->head) : got.error();
    if (!head || !verify_shard(*head, got->payload, signer_) || head->header.pack != shard.pack) continue;
    heads.push_back(*head), shards.push_back(std::move(*got));
  }
  if (shards.size() < pack.layout.data) return false;
  std::vector<ShardSpan> survivors;
  for (size_t i = 0; i < shards.size(); ++i) survivors.push_back({heads[i].index, shards[i].payload});
  const Result<StoredShard> made = remake(heads[0], survivors, shard.index);
  return made && targets_.store(host)->put(shard, made->head, made->payload, Deadline(clock_, kShardLimit));
}

void SnapshotCommit::judge(Offer& offer, unsigned parity, CommitResult& result) const {
  result.in_force = !offer.accepted.empty();
  for (const auto& [id, pack] : offer.packs) {
    const auto accepted = [&](const HostId& place) { return offer.accepted.contains(place); };
    if (spare_places(pack, accepted) < static_cast<int>(parity)) result.degraded = true;
    if (commit_accepts(pack, accepted)) continue;
    result.in_force = false;
    if (!offer.lost.contains(id)) result.short_packs.insert(id);
  }
  if (!result.in_force) result.lost_packs = std::move(offer.lost);
  for (const HostId& host : offer.accepted) result.accepted_by.push_back(targets_.name_of(host));
}

}  // namespace sparekeep::agent
