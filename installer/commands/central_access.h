// What every command that needs the central begins with: STATE, inventory and the central itself, as the global options say.
#pragma once

#include "installer/central/running_central.h"
#include "inventory/inventory.h"
#include "lib/cli/command.h"

namespace sparekeep::central {

Path state_folder(const Arguments& arguments);

struct HomeFolder {                       // what ~ stands for
  std::string path = {};
  std::string note = {};                  // for people, where it is not HOME: root works as the owner of STATE, who has a home of its own
};

HomeFolder home_of(const Arguments& arguments);

// --inventory, or the files of SPAREKEEP_INVENTORY. Throws usage where none is named.
Inventory required_inventory(const Arguments& arguments);

// Where hosts reach the central, as the inventory says; an inventory of local hosts alone: 127.0.0.1 and the kept port.
CentralOptions central_options_of(const Arguments& arguments, const Inventory& inventory);

}  // namespace sparekeep::central
