// Every pack that living snapshots name, with who needs it: from the records in the catalogue and their pack lists.
#pragma once

#include <map>
#include <vector>

#include "installer/jobs/readers.h"
#include "lib/vault/pack_list.h"

namespace sparekeep::central {

struct WantedPack {
  VaultId vault;
  PackEntry entry;
  std::vector<std::string> snapshots;        // names, each once
};

struct WantedPacks {
  std::vector<WantedPack> packs;
  std::vector<std::string> unreadable;       // "snapshot ID: why"
  uint64_t snapshots = 0;
};

WantedPacks wanted_packs(Catalogue& catalogue, CentralStores& stores, const Clock& clock);

}  // namespace sparekeep::central
