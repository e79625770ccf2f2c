// A TCP connection within a deadline, the name's resolution included.
#pragma once

#include <optional>

#include "lib/base/clock.h"
#include "lib/base/descriptor.h"
#include "lib/net/endpoint.h"

struct addrinfo;

namespace sparekeep::central {

// Each address of the name in turn. unreachable: "192.0.2.11:22 refused the connection", "no answer within 5 s (connect)", ...
Result<Descriptor> connect_tcp(const Endpoint& to, const Clock& clock);

// The same with the addresses found: each gets an equal part of the time that is left.
Result<Descriptor> connect_to_one(const Endpoint& to, const addrinfo* addresses, const Deadline& deadline, const Clock& clock);

// The shortest that the kernel has seen on a connection; none where it is no TCP.
std::optional<Duration> least_round_trip(int socket);

// What is sent from now on goes out with what follows it, at its end or after 0.2 s; false: at once again. Of no TCP: nothing.
void hold_packets(int socket, bool held);

std::string local_address(const Descriptor& socket);    // without port; "" where there is none

}  // namespace sparekeep::central
