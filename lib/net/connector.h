// From a name and a port to a connected, non-blocking socket. All addresses of the name are tried in the resolver's order.
#pragma once

#include <filesystem>

#include "lib/net/endpoint.h"
#include "lib/net/waiter.h"

namespace sparekeep {

// unreachable: unknown name, refused, no route (of the last address tried); timeout: phase or whole.
Result<Descriptor> connect_tcp(const Endpoint& endpoint, const Waiter& waiter, const Phase& phase, const Clock& clock,
                               const Deadline& whole);
// The same in two steps for whoever does not wait in between, until the socket can be written to; of a name: unreachable.
Result<Descriptor> begin_connecting(const Endpoint& address);
Result<void> finish_connecting(const Descriptor& socket);
Result<Descriptor> connect_local(const std::filesystem::path& path);

}  // namespace sparekeep
