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
};

struct DesiredState {
  std::vector<DesiredFile> files;
  std::vector<Service> services;
};

DesiredState desired_state(const Host& host, const CentralFacts& central, const Release& release, uint16_t daemon_port);

std::string daemon_settings_text(const Host& host, const CentralFacts& central, uint16_t port);
std::string agent_settings_text(const Host& host, const CentralFacts& central);

}  // namespace sparekeep::central
