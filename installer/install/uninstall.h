// Takes the programs of a release off hosts. Their state and shards go only where it is said; the central's STATE never.
#pragma once

#include "installer/central/running_central.h"
#include "installer/install/change_script.h"
#include "installer/ssh/host_door.h"
#include "inventory/inventory.h"
#include "lib/cli/host_tasks.h"

namespace sparekeep::central {

struct UninstallOptions {
  Clock& clock;
  HostDoor& door;
  bool purge = false;                              // state, settings and shards, too
  size_t forks = 32;
};

// Of each of these hosts that stores something: how many living snapshots need it.
std::map<std::string, size_t> snapshots_needing(Catalogue& catalogue, const std::vector<Host>& hosts);

// By what they are called, or by their ids: hosts that are registered and declared no more, as one is that was made anew or is in no inventory any more.
std::vector<HostEntry> former_hosts(Catalogue& catalogue, const std::vector<std::string>& called);
std::map<std::string, size_t> snapshots_needing(Catalogue& catalogue, const std::vector<HostEntry>& hosts);

// Changes nothing where the host has become another central's since its facts.
ChangeScript uninstall_script(const Host& host, Supervision supervision, const PublicKey& root, bool purge);

void uninstall_hosts(RunningCentral& central, const std::vector<Host>& hosts, const UninstallOptions& options, HostTasks& tasks);

}  // namespace sparekeep::central
