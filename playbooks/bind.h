// A playbook laid over an inventory: every host, path and redundancy is checked, every ${...} replaced, before anything
// is touched.
#pragma once

#include "inventory/inventory.h"
#include "playbooks/playbook.h"

namespace sparekeep {

struct HostBackup {
  std::string host;
  BackupJob job;                             // no ${...} left; redundancy always set
};

struct HostRestore {
  std::string host;                          // where to
  RestoreJob job;                            // from.host always set
};

struct BoundPlaybook {
  std::string name;
  std::vector<HostBackup> backups;           // jobs in the order of the file, hosts of each in the inventory's order
  std::vector<HostRestore> restores;
  std::vector<std::string> warnings;         // for people, each `file:line:column: ...`
};

// Throws usage. A restore from a job that this playbook does not declare is let pass: it may be registered.
BoundPlaybook bind_playbook(const Playbook& playbook, const Inventory& inventory);

// What a job without `redundancy` gets from that many systems other than the host itself; none: fewer than two.
std::optional<Layout> default_redundancy(size_t other_systems);

}  // namespace sparekeep
