// Finished snapshots on their way: first to the daemons (the commit), then to the central (second metadata and the sealed key). Each is
// one file, durable before the first daemon is asked, so that a crash anywhere leaves either nothing or something the next
// start completes; and what the central cannot take now waits here and is sent later (invariant 4).
#pragma once

#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep::agent {

struct Bundle {                                   // the objects of one snapshot, all small
  VaultId vault;
  uint32_t epoch = 1;
  Bytes descriptor, key_record;
  std::vector<Bytes> blocks;                      // pack list blocks of the record
  Bytes record;
  std::string second;                             // second metadata (JSON), for a further revision; only this host reads it here. Empty: of an older release
};

Result<SnapshotRecord> record_of(const Bundle& bundle);   // verified: what is sent is what this host signed
std::string snapshot_of(const std::string& item_name);    // whatever its revision

enum class OutboxStage {
  commit,                                         // still to be offered to daemons
  send,                                           // in force, still to be sent to the central
  refused,                                        // the central does not take it: kept, and sent once more by the next start
};

class Outbox {
 public:
  explicit Outbox(Path folder) : folder_(std::move(folder)) {}

  struct Item {
    std::string name;                             // SNAPSHOT.REVISION
    OutboxStage stage = OutboxStage::commit;
    Time written{};                               // where it was listed
  };
  Result<void> add(const std::string& name, const Bundle& bundle);   // at stage commit
  Result<void> move(const Item& item, OutboxStage to);               // durable
  void remove(const Item& item);
  std::vector<Item> items(OutboxStage stage) const;                  // the oldest first
  Result<Bundle> load(const Item& item) const;
  void remove_leftovers() const;                                     // of writes by processes that are no more: others may write just now

 private:
  Path path_of(const Item& item) const;
  const Path folder_;
};

}  // namespace sparekeep::agent
