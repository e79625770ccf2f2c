#include "installer/commands/host_selection.h"

#include "inventory/selection.h"

namespace sparekeep::central {

std::vector<Host> selected_hosts(const Arguments& arguments, const Inventory& inventory) {
  const std::optional<std::string> limit = arguments.value("limit");
  if (!limit) return inventory.hosts;
  std::vector<Host> hosts;
  for (const std::string& name : select_hosts(inventory, *limit)) hosts.push_back(*inventory.find(name));
  return hosts;
}

}  // namespace sparekeep::central
