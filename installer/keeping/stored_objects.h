// The small objects beside the shards that snapshots need: is there a good one on as many systems as declared? A record and its pack list blocks lie on
// m + 2 systems of those that hold its packs (all, where these are fewer), and so do a descriptor and a key record of its vault. Each is read whole and
// verified on every system where it is expected: what lists a name may hold nothing under it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "installer/central/catalogue.h"
#include "lib/fetch/systems.h"

namespace sparekeep::central {

struct NeededObject {
  VaultId vault;
  StoredKind kind = StoredKind::record;
  std::string name;                          // empty for descriptors and key records: any one that verifies is good
  std::set<HostId> places;                   // where it is expected
  unsigned copies = 0;                       // that were declared
  std::vector<std::string> snapshots;        // that need it, each once
  std::string text() const;                  // "record NAME", "a key record of vault 'ID'"
};

struct ObjectRisk {                          // fewer good ones than declared
  NeededObject object;
  unsigned good = 0;
  bool in_catalogue = false;                 // the central has it
  std::vector<std::string> systems;          // where the others should be
  // A restore reads descriptors and records from the systems alone; for the other kinds what the central has is enough.
  bool lost() const { return good == 0 && (object.kind == StoredKind::descriptor || object.kind == StoredKind::record || !in_catalogue); }
};

struct ObjectCheck {
  std::vector<ObjectRisk> risks;
  std::vector<std::string> findings;         // damaged ones, at most findings_max
};

ObjectCheck check_objects(Catalogue& catalogue, Systems& systems, const Clock& clock, const std::vector<NeededObject>& needed, size_t findings_max);

}  // namespace sparekeep::central
