// What lies on a host, below its root.
#pragma once

#include <string>
#include <vector>

#include "inventory/host.h"

namespace sparekeep::central {

inline constexpr std::string_view kHostIdFile = "/etc/sparekeep/host-id", kDelegationFile = "/etc/sparekeep/delegation.bin";
inline constexpr std::string_view kProgramsFolder = "/usr/lib/sparekeep", kSharedLibrary = "libisal.so.2";

struct Service {                       // one of the two programs that serve on a host
  HostRole role;
  std::string_view program;            // "sparekeepd"
  std::string_view state;              // its folder
  std::string_view settings;           // its configuration file
  std::string_view log;
};

inline constexpr Service kDaemonService{HostRole::storage, "sparekeepd", "/var/lib/sparekeep/daemon", "/etc/sparekeep/daemon.toml",
                                        "/var/lib/sparekeep/daemon/daemon.log"};
inline constexpr Service kAgentService{HostRole::backup, "sparekeep-agent", "/var/lib/sparekeep/agent", "/etc/sparekeep/agent.toml",
                                       "/var/lib/sparekeep/agent/agent.log"};

inline std::vector<Service> services_of(const Host& host) {
  std::vector<Service> services;
  for (const Service& service : {kDaemonService, kAgentService})
    if (host.has_role(service.role)) services.push_back(service);
  return services;
}

inline std::string certificate_file(const Service& service) { return std::string(service.state) + "/tls.crt"; }
inline std::string program_file(std::string_view name) { return std::string(kProgramsFolder) + "/" + std::string(name); }

}  // namespace sparekeep::central
