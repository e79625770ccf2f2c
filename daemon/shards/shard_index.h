// What a daemon remembers beside the shards themselves: which record pins which shard, and when (in lock age) a shard was
// last named. It can be made again from the records and the directory; what it does not know counts as named at the first question.
// So a damaged one is set aside at the start, and one that a later release has given a schema that this one does not know, where the host went
// back to this one; a new one is begun, and nothing may ever stand in it alone.
#pragma once

#include <functional>
#include <optional>

#include "daemon/shards/lock_age.h"
#include "lib/base/files.h"
#include "lib/database/database.h"
#include "lib/vault/record_tally.h"
#include "lib/vault/shard_id.h"

namespace sparekeep::daemon {

struct RecordKey {
  VaultId vault;
  std::string name;                        // SNAPSHOT.REVISION
};

using OnShard = std::function<void(const ShardId&)>;
using EachShard = std::function<void(const OnShard&)>;   // calls it for one after the other

struct HeldRecordRow {
  std::string name;
  uint64_t sequence = 0;
  Time received;
  std::string digest;
  bool whole = true;                       // false: not every shard that it names is known, see Commit::reconcile
};

struct NewestRow {                         // of a vault's records the one with the highest sequence; of its revisions the first
  std::string name;
  uint64_t sequence = 0;
};

class ShardIndex {
 public:
  static constexpr size_t kSchemaVersion = 2;                   // of its file

  ShardIndex(const Path& file, Clock& clock);

  // The transaction of a commit: pins `each` shard for the record, notes that they were named now, keeps the stamp. `publish` makes
  // the record file durable inside the transaction: a crash between the two leaves the file, which reconcile() pins again.
  // `row` is read after the shards.
  void pin(const RecordKey& record, const HeldRecordRow& row, const EachShard& each, const std::function<void()>& publish);

  void note_stored(const ShardId& shard);                       // a put of what is not held: its lock begins anew. Durable with what is next
  bool knows(const RecordKey& record) const;                    // and all that it names
  std::vector<HeldRecordRow> records_of(const VaultId& vault) const;
  RecordTallies tallies() const;                                // of what records_of() gives; kept in memory, whatever the number of records

  std::optional<NewestRow> newest_of(const VaultId& vault) const;   // in memory, too

  // locked, saying why and for how long, unless nothing pins the shard and `lock` has passed since it was last named.
  Result<void> may_delete(const ShardId& shard, Duration lock);
  void forget(const ShardId& shard);

  void advance();                                               // each minute: lock age to disk

 private:
  Duration load_age();
  void load_records();
  void count(const VaultId& vault, const std::string& name, uint64_t sequence);
  bool lists(const RecordKey& record);
  std::optional<Duration> named_age(const ShardId& shard);      // nothing: it is not known
  Duration named_at(const ShardId& shard);
  void pin_one(const RecordKey& record, const ShardId& shard, Duration now);
  void note_named(const ShardId& shard, Duration age);
  mutable std::mutex mutex_;
  mutable Database database_;
  LockAge age_;
  RecordTallies tallies_;
  std::map<VaultId, NewestRow> newest_;
};

}  // namespace sparekeep::daemon
