#include "daemon/shards/commit.h"

#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/crypt/digest.h"
#include "lib/vault/pack_list.h"

namespace sparekeep::daemon {

void Commit::add_claims(Claims& claims, const VaultId& vault, const Digest& block) const {
  const Result<Bytes> object = objects_.get(vault, VaultObject::pack_list_block, block.hex());
  const Result<PackListBlock> list = object ? read_pack_list_block(*object) : object.error();
  if (!list || pack_list_digest(*object) != block) return claims.missing_blocks.push_back(block.hex());
  for (const PackEntry& pack : list->entries)
    for (size_t i = 0; i < pack.places.size() && !pack.unused(); ++i)
      if (pack.places[i] == self_) claims.shards.push_back({vault, pack.pack, pack.layout, static_cast<uint8_t>(i)});
}

Commit::Claims Commit::claims_of(const VaultId& vault, const PublicSection& facts) const {
  Claims claims;
  for (const Digest& block : facts.data_packs.blocks) add_claims(claims, vault, block);
  for (const Digest& block : facts.metadata_packs.blocks) add_claims(claims, vault, block);
  return claims;
}

Result<CommitOutcome> Commit::take(const VaultId& vault, std::string_view name, ByteSpan object) {
  return take_at(vault, name, object, clock_.now());
}

Result<CommitOutcome> Commit::take_at(const VaultId& vault, std::string_view name, ByteSpan object, Time received) {
  const Result<PublicSection> form = SnapshotRecord::parse_public(object);
  if (!form) return form.error();
  if (form->vault != vault || record_name(form->snapshot, form->revision) != name)
    return Error(ErrorKind::corrupt, "the record does not fit its name " + in_quotes(name));
  const Result<VaultDescriptor> descriptor = objects_.descriptor(vault, form->epoch);
  if (!descriptor) return descriptor.error();
  const Result<SnapshotRecord> record = SnapshotRecord::read(Bytes(object.begin(), object.end()), descriptor->signer);
  if (!record) return record.error();
  return pin(name, object, record->public_section(), received);
}

Result<CommitOutcome> Commit::pin(std::string_view name, ByteSpan object, const PublicSection& facts, Time received) {
  const std::lock_guard lock(mutex_);
  const VaultId& vault = facts.vault;
  Claims claims = claims_of(vault, facts);
  CommitOutcome outcome{.missing_blocks = std::move(claims.missing_blocks)};
  for (const ShardId& shard : claims.shards)
    if (!shards_.holds(shard)) outcome.missing_shards.push_back(shard);
  if (!outcome.committed()) return outcome;
  const RecordKey key{vault, std::string(name)};
  const HeldRecordRow row{key.name, facts.sequence, received, sha256(object).hex()};
  outcome.created = !index_.knows(key);
  index_.pin(key, row, claims.shards, [&] { (void)objects_.put_verified(vault, VaultObject::record, name, object).value(); });
  return outcome;
}

Result<void> Commit::remove(const ShardId& shard, Duration lock_time) {
  const std::lock_guard lock(mutex_);
  if (!shards_.holds(shard)) return Error(ErrorKind::not_found, "no shard " + shard.path() + " is stored here");
  if (const Result<void> allowed = index_.may_delete(shard, lock_time); !allowed) return allowed;
  if (const Result<void> moved = shards_.remove_to_grace(shard); !moved) return moved;
  index_.forget(shard);
  return {};
}

void Commit::reconcile() {
  for (const VaultId& vault : objects_.vaults())
    for (const std::string& name : objects_.list(vault, VaultObject::record))
      if (const Result<void> done = caught([&] { pin_again(vault, name); }); !done)
        log_warning("record " + name + " is not in force: " + done.error().text());
}

void Commit::pin_again(const VaultId& vault, const std::string& name) {
  if (index_.knows({vault, name})) return;
  const Bytes object = objects_.get(vault, VaultObject::record, name).value();
  const Time received = objects_.stored_at(vault, VaultObject::record, name).value();
  const CommitOutcome outcome = take_at(vault, name, object, received).value();
  if (!outcome.committed()) log_warning("record " + name + " is not in force: shards that it names are missing");
}

}  // namespace sparekeep::daemon
