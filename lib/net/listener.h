// Listening sockets, TCP and Unix, and who is at the other end of a Unix socket.
#pragma once

#include <filesystem>
#include <string_view>

#include "lib/base/descriptor.h"
#include "lib/net/endpoint.h"
#include "lib/net/message.h"

namespace sparekeep {

inline constexpr std::string_view kAnyAddress = "::";                           // every address of this machine, of IPv4 too

Result<Descriptor> listen_on(const Endpoint& wanted);                           // usage: no address; busy: taken
Result<Descriptor> listen_locally(const std::filesystem::path& path, mode_t mode);   // busy: a living server has it
Result<uint16_t> listening_port(int fd);
LocalPeer local_peer_of(int fd);

}  // namespace sparekeep
