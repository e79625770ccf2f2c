// The units of a real host with systemd, whole. Each program has a user of its own and no more rights than it uses; root is only in the
// two units that carry out one signed order each.
#pragma once

#include <string>

#include "installer/install/layout.h"

namespace sparekeep::central {

std::string daemon_unit_text(const Host& host);        // sparekeepd.service
std::string agent_unit_text();                         // sparekeep-agent.service
std::string socket_unit_text(std::string_view order);  // sparekeep-restore.socket: the agent's user may connect, nobody else
std::string order_unit_text(std::string_view order);   // sparekeep-restore@.service: root, one order from the socket

}  // namespace sparekeep::central
