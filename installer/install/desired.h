// What a host should look like: a pure function of the inventory's words, the central's and what was kept on the host.
#pragma once

#include <map>

#include "installer/install/facts.h"
#include "installer/install/release.h"
#include "lib/net/endpoint.h"

namespace sparekeep::central {

struct CentralFacts {
  Endpoint endpoint;                              // as this host is told
  PublicKey root;                                 // the pinned one
  Bytes delegation;                               // the signed object
};

struct DesiredFile {
  std::string path;                               // below the root
  unsigned mode = 0644;
  Digest digest;
  Bytes content;                                  // where there is no source
  Path source;                                    // a program of the release
  bool is_program() const { return !source.empty(); }
  bool is_unit() const { return path.starts_with(kUnitsFolder); }
};

struct DesiredFolder {
  std::string path;
  unsigned mode = 0755;
  std::string user;                               // "root"; with its group
};

struct DesiredState {
  std::string release = {};                       // that is to run
  Supervision supervision = Supervision::folder;
  std::vector<DesiredFile> files;                 // of root, and root's group, on a real host
  std::vector<DesiredFolder> folders;             // that must be there, theirs and of that mode; none for local hosts
  std::vector<std::string> enabled;               // units, by links that enable them
  std::vector<std::string> sockets;               // units that listen
  std::vector<Service> services;
  bool keeps_daemon = false;                      // of a role that the host has lost: what it stores is still read, so it goes along with each release
};

struct HostPlace {                                // what was found out of this host
  Supervision supervision = Supervision::folder;
  uint16_t daemon_port = 0;
  MachineId machine{};                            // zero: the machine has no id
  bool has_daemon = false;                        // configured once, whatever its roles are now
  std::optional<HostId> id = {};                  // of its file, or, where that is gone or damaged, of a certificate; none: it is to be made there
};

DesiredState desired_state(const Host& host, const CentralFacts& central, const Release& release, const HostPlace& place);

std::string daemon_settings_text(const Host& host, const CentralFacts& central, uint16_t port);
std::string agent_settings_text(const Host& host, const CentralFacts& central, const MachineId& machine);

}  // namespace sparekeep::central
