#include "daemon/shards/commit.h"

#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/crypt/digest.h"

namespace sparekeep::daemon {

// What is missing of what a record claims. Whoever names a pack in several rows is stopped once more is held than there is here.
Result<CommitOutcome> Commit::look(const PublicSection& facts) const {
  CommitOutcome outcome;
  const size_t held_max = shards_.count(facts.vault);
  size_t held = 0;
  const Result<std::vector<std::string>> missing = RecordClaims(objects_, self_, facts).for_each([&](const ShardId& shard) {
    if (outcome.missing_shards.size() == kMissingNamedMax) return;
    if (!shards_.holds(shard)) return outcome.missing_shards.push_back(shard);
    if (++held > held_max) throw Error(ErrorKind::corrupt, "the record names pack " + shard.pack.hex() + " or another one twice");
  });
  if (!missing) return missing.error();
  outcome.missing_blocks = *missing;
  return outcome;
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
  Result<CommitOutcome> outcome = look(facts);
  if (!outcome || !outcome->committed()) return outcome;
  const RecordKey key{vault, std::string(name)};
  const HeldRecordRow row{key.name, facts.sequence, received, sha256(object).hex()};
  outcome->created = !index_.knows(key);
  const EachShard each = [&](const OnShard& on_shard) { (void)RecordClaims(objects_, self_, facts).for_each(on_shard).value(); };
  index_.pin(key, row, each, [&] { (void)objects_.put_verified(vault, VaultObject::record, name, object).value(); });
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
