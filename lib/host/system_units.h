// What systemd says of units, asked by its own socket as systemctl asks, without the process and the two hundred properties more that systemctl
// takes: D-Bus over /run/systemd/private, which is root's. Nothing is changed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/files.h"

namespace sparekeep {

struct SystemUnit {
  std::string name;                                   // "sparekeepd.service"
  std::string state;                                  // "active"
  std::string load = {};                              // "loaded"; "not-found", "error" and the like: systemd has no use of its file
  uint32_t pid = 0;                                   // of a service
  bool needs_reload = false;                          // systemd has not read the file that stands there now
  std::vector<std::string> drop_ins = {};             // that it has read
};

inline const Path kSystemdSocket = "/run/systemd/private";

constexpr std::chrono::seconds kSystemdPatience{5};  // for all that is said

// In the order of the names; none where systemd does not say all of it, or not in time.
std::optional<std::vector<SystemUnit>> system_units(const std::vector<std::string>& names, const Path& socket = kSystemdSocket,
                                                    std::chrono::milliseconds patience = kSystemdPatience);

}  // namespace sparekeep
