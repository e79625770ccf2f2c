// Copies of one machine, in one run. Two names for one root would be one host at two addresses: the inventory refuses that; a copied host is
// found here. An id counts as seen only where the host need not prove it, or has: none is taken from its host by whoever says it first.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "installer/central/catalogue.h"
#include "inventory/inventory.h"

namespace sparekeep::central {

class SeenIds {                                    // thread safe
 public:
  SeenIds(Catalogue& catalogue, const Inventory& inventory);
  void check(const HostId& id, const std::string& name);     // throws failed
  // The same for machines reached over SSH: shards on two of one id would count as on one machine, and be placed on neither. A machine id that
  // the catalogue has of other hosts of the inventory is theirs, whoever comes first.
  void check_machine(const MachineId& machine, const std::string& name);

 private:
  std::mutex mutex_;
  std::map<HostId, std::string> names_;
  std::map<MachineId, std::string> machines_;
  std::map<MachineId, std::set<std::string>> owners_;  // as declared before
};

}  // namespace sparekeep::central
