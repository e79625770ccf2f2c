#include "installer/install/seen_ids.h"

#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

Error same_machine(const std::string& other) {
  return Error(ErrorKind::failed, "it has the same machine id as " + in_quotes(other) +
                                      "; if it is a copy, give it one of its own: rm /etc/machine-id && systemd-machine-id-setup");
}

}  // namespace

SeenIds::SeenIds(Catalogue& catalogue, const Inventory& inventory) {
  for (const HostEntry& host : catalogue.hosts())
    if (host.declared && !host.local && inventory.find(host.name)) owners_[host.machine].insert(host.name);
}

void SeenIds::check(const HostId& id, const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto [found, fresh] = names_.emplace(id, name);
  if (!fresh && found->second != name)
    throw Error(ErrorKind::failed, "it has the same id as " + in_quotes(found->second) + "; if both are names of one machine, take one out of the inventory; " +
                                       "if one is a copy, remove /etc/sparekeep and /var/lib/sparekeep on the copy");
}

void SeenIds::check_machine(const MachineId& machine, const std::string& name) {
  if (machine.is_zero()) return;
  const std::lock_guard lock(mutex_);
  const auto owners = owners_.find(machine);
  if (owners != owners_.end() && !owners->second.contains(name)) throw same_machine(*owners->second.begin());
  const auto [found, fresh] = machines_.emplace(machine, name);
  if (!fresh && found->second != name) throw same_machine(found->second);
}

}  // namespace sparekeep::central
