// The records of one vault as its systems list them, and which of them are in force. A record is put to every system that holds shards of its
// packs, and each that lists it has said by that that it holds its shards. An agent gives a commit up when too many systems die in the middle of it,
// and makes another snapshot; what was accepted before stays with those that took it, and can never be restored.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "installer/central/catalogue.h"
#include "lib/fetch/systems.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep::central {

struct ListedRecord {
  std::vector<ShardStore*> systems;                   // that list it
  std::vector<Time> stamps;                           // of the same, each by its own clock
  Time received(Time otherwise) const;                // the middle one of the stamps; `otherwise` where there is none
};

class VaultRecords {
 public:
  VaultRecords(Systems& systems, const VaultId& vault, const Clock& clock, Duration limit);     // asks each system

  const std::map<std::string, ListedRecord>& listed() const { return listed_; }                 // by name
  // Names: what came last, by the systems' stamps, comes first. So of the snapshots that a run has tried the one that it made is seen before those
  // that it gave up for it. Revisions of one snapshot stay together.
  std::vector<std::string> newest_first() const;

  // Throws corrupt where of some pack fewer shards than it takes can lie on systems that list a revision of the snapshot: those that answered
  // and do not list one have none to count on, those that did not answer may hold all of theirs. Pack list blocks come from the catalogue; of one
  // that is not there nothing is known, and nothing is held against the record. While the run that makes it may still go on, as far as is known
  // here, its agent may be about to offer it: then only systems that list it count, and one more than the pack takes, which is what a commit needs;
  // what is less is busy: to be looked at again. Of a run that has failed, or has made another snapshot, the same is asked, for good.
  void check_in_force(const PublicSection& record, Catalogue& catalogue);
  void took(const PublicSection& record);             // it is in the catalogue now

 private:
  bool another_was_made(const PublicSection& record, const std::optional<RunEntry>& run, Catalogue& catalogue);

  const VaultId vault_;
  std::map<std::string, ListedRecord> listed_;
  const Clock& clock_;
  std::set<HostId> heard_;
  std::map<SnapshotId, std::set<HostId>> holders_;    // of any revision: all of them have the same packs
  std::optional<std::map<RunId, std::set<SnapshotId>>> of_runs_;       // in the catalogue, of the vault's owner; read when it is asked for
};

}  // namespace sparekeep::central
