// Every pack that living snapshots name, and every small object beside the shards, with who needs it: from the records in the catalogue and their
// pack lists.
#pragma once

#include <map>
#include <vector>

#include "installer/jobs/readers.h"
#include "installer/keeping/stored_objects.h"
#include "lib/vault/pack_list.h"

namespace sparekeep::central {

struct WantedPack {
  VaultId vault;
  PackEntry entry;
  std::vector<std::string> snapshots;        // names, each once
};

struct WantedPacks {
  std::vector<WantedPack> packs;
  std::vector<NeededObject> objects;
  std::vector<std::string> unreadable;       // "snapshot ID: why"
  uint64_t snapshots = 0;
};

WantedPacks wanted_packs(Catalogue& catalogue, CentralStores& stores, const Clock& clock);

}  // namespace sparekeep::central
