// What lies on a host, below its root.
#pragma once

#include <string>
#include <vector>

#include "inventory/host.h"

namespace sparekeep::central {

inline constexpr std::string_view kSettingsFolder = "/etc/sparekeep", kProgramsFolder = "/usr/lib/sparekeep", kStateFolder = "/var/lib/sparekeep";
inline constexpr std::string_view kHostIdFile = "/etc/sparekeep/host-id", kDelegationFile = "/etc/sparekeep/delegation.bin";
inline constexpr std::string_view kSharedLibrary = "libisal.so.2";
inline constexpr std::string_view kUnitsFolder = "/etc/systemd/system";

// Releases lie side by side, a folder each. `current` leads to the one that runs, `previous` to the one before it that worked; `kept` holds
// what was configured for that one for as long as the current one has not proven to work.
inline constexpr std::string_view kReleasesFolder = "/usr/lib/sparekeep/releases", kCurrentLink = "/usr/lib/sparekeep/current",
                                  kPreviousLink = "/usr/lib/sparekeep/previous", kKeptFolder = "/usr/lib/sparekeep/kept";

struct Service {                       // one of the two programs that serve on a host
  HostRole role;
  std::string_view program;            // "sparekeepd"; its user on a real host has the same name
  std::string_view state;              // its folder
  std::string_view settings;           // its configuration file
  std::string_view log;                // where systemd does not run it
};

inline constexpr Service kDaemonService{HostRole::storage, "sparekeepd", "/var/lib/sparekeep/daemon", "/etc/sparekeep/daemon.toml",
                                        "/var/lib/sparekeep/daemon/daemon.log"};
inline constexpr Service kAgentService{HostRole::backup, "sparekeep-agent", "/var/lib/sparekeep/agent", "/etc/sparekeep/agent.toml",
                                       "/var/lib/sparekeep/agent/agent.log"};

// Started by the agent through their sockets, as root, one signed order each.
inline constexpr std::string_view kPrivilegedOrders[] = {"restore", "hook"};

enum class Supervision {
  folder,                              // a local host below its folder: processes of whoever runs install
  process,                             // a real host without systemd: background processes with users of their own
  systemd
};

inline std::vector<Service> services_of(const Host& host) {
  std::vector<Service> services;
  for (const Service& service : {kDaemonService, kAgentService})
    if (host.has_role(service.role)) services.push_back(service);
  return services;
}

inline std::string recipient_key_file() { return std::string(kAgentService.state) + "/recipient.key"; }
inline std::string certificate_file(const Service& service) { return std::string(service.state) + "/tls.crt"; }
inline std::vector<std::string> private_keys(const Service& service) {
  std::vector<std::string> keys{std::string(service.state) + "/tls.key"};
  if (service.role == HostRole::backup) keys.push_back(recipient_key_file());
  return keys;
}
inline std::string release_folder(const std::string& release) { return std::string(kReleasesFolder) + "/" + release; }
inline std::string release_file(const std::string& release, std::string_view name) { return release_folder(release) + "/" + std::string(name); }
inline std::string proven_file(const std::string& release) { return release_file(release, "proven"); }          // it worked on this host
inline std::string program_file(std::string_view name) { return std::string(kCurrentLink) + "/" + std::string(name); }
inline std::string flat_file(std::string_view name) { return std::string(kProgramsFolder) + "/" + std::string(name); }   // where builds before releases lie
inline std::string unit_file(std::string_view unit) { return std::string(kUnitsFolder) + "/" + std::string(unit); }
inline std::string service_unit(const Service& service) { return std::string(service.program) + ".service"; }
inline std::string socket_unit(std::string_view order) { return "sparekeep-" + std::string(order) + ".socket"; }
inline std::string socket_file(std::string_view order) { return "/run/sparekeep/" + std::string(order) + ".sock"; }   // where that unit listens
inline std::string order_unit(std::string_view order) { return "sparekeep-" + std::string(order) + "@.service"; }

// A folder of its own on a real host, where the program's user may write.
inline std::string pid_file(const Host& host, std::string_view program) {
  return (host.is_local() ? "/run/" : "/run/" + std::string(program) + "/") + std::string(program) + ".pid";
}

std::string wants_link(std::string_view unit);           // what enables a unit
std::vector<std::string> all_units();                    // that install may ever write
std::vector<std::string> all_programs();                 // with their library
std::vector<std::string> all_settings();                 // whatever install configures by a file: delegation, settings, units

}  // namespace sparekeep::central
