// /etc/sparekeep/agent.toml: written by install, read here.
#pragma once

#include "inventory/master/master_file.h"
#include "lib/config/key_table.h"
#include "lib/crypt/signature.h"
#include "lib/host/host_paths.h"
#include "lib/net/endpoint.h"

namespace sparekeep::agent {

struct CentralSettings {
  std::string address;
  uint16_t port = 7420;
  Duration retry = std::chrono::seconds(30);
};

struct AgentSettings {
  std::string host;                                  // the host's name in the inventory
  PublicKey root_key;                                // the pinned offline root
  CentralSettings central;
  std::vector<std::string> allow_restore_to{"/var/lib/sparekeep/restore"};   // for orders that no admin signed
  std::string zone;                                  // its failure domain: its backups go elsewhere while there is room; empty: unknown
  MachineId machine;                                 // no system of the same machine stores them; zero: unknown
  bool local = false;                                // this machine plays several hosts
};

KeyTable<AgentSettings> agent_keys();

AgentSettings read_settings(const HostPaths& paths);   // throws usage or no_state

}  // namespace sparekeep::agent
