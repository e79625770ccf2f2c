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
  const Result<std::vector<std::string>> missing = RecordClaims(objects_, self_, facts).for_each([&](const ShardId& shard, uint64_t size) {
    if (outcome.missing_shards.size() == kMissingNamedMax) return;
    if (!shards_.holds(shard, size)) return outcome.missing_shards.push_back(shard);
    if (++held > held_max) throw Error(ErrorKind::corrupt, "the record names pack " + shard.pack.hex() + " or another one twice");
  });
  if (!missing) return missing.error();
  outcome.missing_blocks = *missing;
  return outcome;
}

namespace {

RecordClaims::OnClaim shards_to(const OnShard& on_shard) {
  return [&on_shard](const ShardId& shard, uint64_t) { on_shard(shard); };
}

// Form alone: what is to be believed of it, the signature says.
Result<PublicSection> section_of(const VaultId& vault, std::string_view name, ByteSpan object) {
  Result<PublicSection> form = SnapshotRecord::parse_public(object);
  if (form && (form->vault != vault || record_name(form->snapshot, form->revision) != name))
    return Error(ErrorKind::corrupt, "the record does not fit its name " + in_quotes(name));
  return form;
}

Result<SnapshotRecord> verified(const VaultObjects& objects, const PublicSection& form, ByteSpan object) {
  const Result<VaultDescriptor> descriptor = objects.descriptor(form.vault, form.epoch);
  if (!descriptor) return descriptor.error();
  return SnapshotRecord::read(Bytes(object.begin(), object.end()), descriptor->signer);
}

}  // namespace

Result<CommitOutcome> Commit::take(const VaultId& vault, std::string_view name, ByteSpan object) {
  const Result<PublicSection> form = section_of(vault, name, object);
  if (!form) return form.error();
  const Result<SnapshotRecord> record = verified(objects_, *form, object);
  if (!record) return record.error();
  return pin(name, object, record->public_section());
}

Result<CommitOutcome> Commit::pin(std::string_view name, ByteSpan object, const PublicSection& facts) {
  const std::lock_guard lock(mutex_);
  const VaultId& vault = facts.vault;
  Result<CommitOutcome> outcome = look(facts);
  if (!outcome || !outcome->committed()) return outcome;
  const RecordKey key{vault, std::string(name)};
  const HeldRecordRow row{key.name, facts.sequence, clock_.now(), sha256(object).hex()};
  outcome->created = !index_.knows(key);
  const EachShard each = [&](const OnShard& on_shard) { (void)RecordClaims(objects_, self_, facts).for_each(shards_to(on_shard)).value(); };
  const Result<VaultDescriptor> descriptor = objects_.descriptor(vault, facts.epoch);     // a vault's descriptors all have its one signer
  if (!descriptor) return descriptor.error();
  const VaultObjects::IsWhole is_whole = [&](ByteSpan standing) -> Result<void> {
    if (const Result<PublicSection> form = section_of(vault, name, standing); !form) return form.error();
    const Result<SnapshotRecord> record = SnapshotRecord::read(Bytes(standing.begin(), standing.end()), descriptor->signer);
    return record ? Result<void>() : record.error();
  };
  index_.pin(key, row, each, [&] { (void)objects_.put_verified(vault, VaultObject::record, name, object, is_whole).value(); });
  if (const auto kept = kept_.find(vault); kept != kept_.end() && kept->second.erase(key.name) == 1 && kept->second.empty()) kept_.erase(kept);
  return outcome;
}

Result<void> Commit::remove(const ShardId& shard, Duration lock_time) {
  const std::lock_guard lock(mutex_);
  if (!shards_.names(shard)) return Error(ErrorKind::not_found, "no shard " + shard.path() + " is stored here");
  if (const std::optional<Error> kept = kept_because(shard)) return *kept;
  if (const Result<void> allowed = index_.may_delete(shard, lock_time); !allowed) return allowed;
  if (const Result<void> moved = shards_.remove_to_grace(shard); !moved) return moved;
  index_.forget(shard);
  return {};
}

std::optional<Error> Commit::kept_because(const ShardId& shard) const {
  if (!all_kept_.empty()) return Error(ErrorKind::locked, "shard " + shard.name() + " is kept as all that is here: " + all_kept_);
  const auto kept = kept_.find(shard.vault);
  if (kept == kept_.end()) return std::nullopt;
  const auto& [record, reason] = *kept->second.begin();
  return Error(ErrorKind::locked, "shard " + shard.name() + " is kept with all of its vault: record " + record + ": " + reason);
}

void Commit::keep(const VaultId& vault, const std::string& record, const Error& error) {
  kept_[vault].try_emplace(record, error.text());
  log_error("nothing of vault " + vault.hex() + " can be deleted, as nobody knows all that record " + record + " names: " + error.text() +
            "; a backup of its host can put the record again, or its file be taken away by hand");
}

void Commit::reconcile() {
  const std::lock_guard lock(mutex_);
  const Result<std::vector<VaultId>> vaults = objects_.vaults();
  Result<void> done = vaults ? Result<void>() : vaults.error();
  for (size_t i = 0; done && i < vaults->size(); ++i) done = reconcile((*vaults)[i]);
  if (done) return;
  all_kept_ = done.error().text();
  log_error("nothing stored here can be deleted until a start at which all records can be read: " + all_kept_);
}

Result<void> Commit::reconcile(const VaultId& vault) {
  const Result<std::vector<std::string>> names = objects_.list(vault, VaultObject::record);
  if (!names) return names.error();
  for (const std::string& name : *names)
    if (const Result<void> done = caught([&] { pin_again(vault, name); }); !done) keep(vault, name, done.error());
  return {};
}

void Commit::pin_again(const VaultId& vault, const std::string& name) {
  if (index_.knows({vault, name})) return;
  const Bytes object = objects_.get(vault, VaultObject::record, name).value();
  const PublicSection facts = section_of(vault, name, object).value();
  HeldRecordRow row{name, facts.sequence, objects_.stored_at(vault, VaultObject::record, name).value(), sha256(object).hex()};
  const Result<SnapshotRecord> record = verified(objects_, facts, object);
  const Result<std::vector<std::string>> missing_blocks = count_missing(facts, name);
  row.whole = record && missing_blocks && missing_blocks->empty();
  const EachShard each = [&](const OnShard& on_shard) { (void)RecordClaims(objects_, self_, facts).for_each(shards_to(on_shard)); };   // as far as they can be read
  index_.pin({vault, name}, row, each, [] {});
  if (!record) throw record.error();
  if (!missing_blocks) throw missing_blocks.error();
  if (!missing_blocks->empty()) throw Error(ErrorKind::not_found, "pack list block " + missing_blocks->front() + " is missing or damaged");
}

// Says how many shards of a record that was accepted are not here any more; the blocks that are not.
Result<std::vector<std::string>> Commit::count_missing(const PublicSection& facts, const std::string& name) const {
  size_t claimed = 0, missing = 0;
  Result<std::vector<std::string>> blocks = RecordClaims(objects_, self_, facts).for_each([&](const ShardId& shard, uint64_t size) {
    ++claimed;
    if (!shards_.holds(shard, size)) ++missing;
  });
  if (missing > 0) log_warning("record " + name + ": " + std::to_string(missing) + " of the " + std::to_string(claimed) +
                                   " shards that it names here are missing or not of their size");
  return blocks;
}

}  // namespace sparekeep::daemon
