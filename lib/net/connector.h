// From a name and a port to a connected, non-blocking socket. All addresses of the name are tried in the resolver's order.
#pragma once

#include <filesystem>

#include "lib/net/endpoint.h"
#include "lib/net/waiter.h"

namespace sparekeep {

// unreachable: unknown name, refused, no route (of the last address tried); timeout: phase or whole.
Result<Descriptor> connect_tcp(const Endpoint& endpoint, const Waiter& waiter, const Phase& phase, const Clock& clock,
                               const Deadline& whole);
Result<Descriptor> connect_local(const std::filesystem::path& path);

}  // namespace sparekeep
