// Looks at every shard that living snapshots need: is it there, and is it right? A shard counts as good when its head carries
// the signature of the vault's signer and a block chosen at random (or every byte) is the signed one. Nothing is believed.
// So are the small objects beside the shards, without which these are worth nothing (stored_objects.h).
#pragma once

#include <map>

#include "installer/jobs/readers.h"
#include "installer/keeping/stored_objects.h"
#include "lib/base/random.h"

namespace sparekeep::central {

struct CheckOptions {
  unsigned read_percent = 0;                 // shards of which every byte is read; of the others one block
};

struct SystemCheck {                         // of one storage system
  std::string name;
  std::string problem;                       // why it was passed over; empty: it answered
  uint64_t good = 0, missing = 0, damaged = 0, unknown = 0;   // shards expected there; unknown: it did not answer
  uint64_t bytes_read = 0;
};

struct PackRisk {                            // a pack with fewer good shards than its layout has
  VaultId vault;
  PackId pack;
  Layout layout;
  unsigned good = 0;
  std::vector<std::string> snapshots;        // that need it
  std::vector<std::string> systems;          // where the others should be
  bool lost() const { return good < layout.data; }
};

struct CheckReport {
  std::vector<SystemCheck> systems;
  std::vector<PackRisk> risks;
  std::vector<ObjectRisk> objects_at_risk;
  std::vector<std::string> findings;         // damaged shards and objects and unreadable records, at most kCheckFindingsMax of each
  uint64_t snapshots = 0, packs = 0, shards = 0, objects = 0;
  bool record_lost = false;                  // a record or a pack list could not be read
};

constexpr size_t kCheckFindingsMax = 1000;

CheckReport check_shards(RunningCentral& central, Clock& clock, Random& random, const CheckOptions& options);

}  // namespace sparekeep::central
