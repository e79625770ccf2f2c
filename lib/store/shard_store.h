// One storage system as agents, readers and the central see it: shards, and the small objects of vaults beside them. What
// comes back was checked by nobody: the caller verifies every byte (docs/format.md) and takes a bad answer for a missing one.
//
// Every call is thread safe, blocks, and ends by its deadline at the latest; a store may give up earlier (connect, first
// byte, stall). Kinds of errors, the same for every implementation:
//   not_found    the system answers and does not hold it         exists     another object stands under that name
//   unreachable  nobody answers, or the connection broke         timeout    a deadline passed (a frozen system)
//   corrupt      what came or was put is not what its name says  no_space   quota, keep_free or the file system
//   denied       certificate, right or signature refused         closed     the store is being shut down
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/vault/record_tally.h"
#include "lib/vault/shard_id.h"

namespace sparekeep {

// The small objects of a vault, each stored whole under a name that docs/format.md ("On a daemon") gives.
enum class StoredKind {
  descriptor,       // name: the epoch in decimal
  key_record,       // name: SHA-256 of its bytes, lower-case hex
  pack_list_block,  // name: its digest, lower-case hex
  record,           // name: SNAPSHOT.REVISION, hex and decimal; put with put_record
};

struct ObjectEntry {
  std::string name;
  Time received;    // the system's own stamp on a record; zero for the other kinds
};

// A shard as it lies on the system: head (docs/format.md, "Shard") and the shard's bytes.
struct StoredShard {
  Bytes head;
  Bytes payload;
};

// The answer to a record that was offered: it is in force, and the shards it claims of this system are pinned, unless
// something is named here; then nothing was changed.
struct CommitAnswer {
  std::vector<ShardId> missing_shards;         // to be put (again) first
  std::vector<std::string> missing_blocks;     // names of pack list blocks that must be put first
  bool committed() const { return missing_shards.empty() && missing_blocks.empty(); }
};

// What a system says of itself to whoever is about to write to a vault.
struct NewestRecord {                          // of that vault, by sequence. Nobody has verified it
  std::string name;                            // SNAPSHOT.REVISION
  uint64_t sequence = 0;
};
struct SystemFacts {
  uint64_t available_bytes = UINT64_MAX;       // how much more it takes of shards, as things stand; UINT64_MAX where it does not say
  std::optional<NewestRecord> newest;          // nothing: it holds none, or does not say (an earlier release)
};

constexpr size_t kStoredShardBytesMax = 40 << 20;   // head and payload
constexpr size_t kStoredObjectBytesMax = 32 << 20;  // any of StoredKind
constexpr size_t kObjectListMax = 1'000'000;        // names in one listing
constexpr size_t kHasMax = 10'000;                  // shards asked for in one `has`

class ShardStore {
 public:
  virtual ~ShardStore() = default;

  virtual const std::string& name() const = 0;      // for people, in messages
  virtual HostId host() const = 0;

  virtual Result<SystemFacts> facts_for(const VaultId& vault, const Deadline& deadline) = 0;   // in one request

  // Put if absent. Good means durable: data and folder entry synced. The same bytes again are good, too.
  virtual Result<void> put(const ShardId& shard, ByteSpan head, ByteSpan payload, const Deadline& deadline) = 0;

  virtual Result<Bytes> get_head(const ShardId& shard, const Deadline& deadline) = 0;

  // Fills `to` with the shard's bytes (behind its head) from `offset` on; corrupt when the shard ends before. After an error `to` holds anything.
  virtual Result<void> get_range(const ShardId& shard, uint64_t offset, MutableSpan to, const Deadline& deadline) = 0;

  virtual Result<StoredShard> get_shard(const ShardId& shard, const Deadline& deadline) = 0;  // all of it, in one request

  // Which of these does it hold? In the order asked; any number of them (an implementation asks kHasMax at a time).
  virtual Result<std::vector<bool>> has(std::span<const ShardId> shards, const Deadline& deadline) = 0;

  virtual Result<std::vector<VaultId>> list_vaults(const Deadline& deadline) = 0;
  virtual Result<std::vector<ObjectEntry>> list_objects(const VaultId& vault, StoredKind kind, const Deadline& deadline) = 0;
  virtual Result<Bytes> get_object(const VaultId& vault, StoredKind kind, std::string_view name, const Deadline& deadline) = 0;

  // Put if absent, durable when good. Not for records.
  virtual Result<void> put_object(const VaultId& vault, StoredKind kind, std::string_view name, ByteSpan object,
                                  const Deadline& deadline) = 0;

  // Offers a record (the commit of a backup): in force and durable when the answer is committed().
  virtual Result<CommitAnswer> put_record(const VaultId& vault, std::string_view name, ByteSpan record, const Deadline& deadline) = 0;

  // Which records it holds, one figure a vault. Unless an implementation can tell at less cost, they are all listed.
  virtual Result<RecordTallies> tally_records(const Deadline& deadline);
};

}  // namespace sparekeep
