// "host:port" both ways; IPv6 addresses stand in brackets: "[::1]:7421".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace sparekeep {

struct Endpoint {
  std::string host;                   // a name or an address, without brackets
  uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;
};

std::string to_string(const Endpoint& endpoint);
Result<Endpoint> parse_endpoint(std::string_view text);                               // usage; the port must be there
Result<Endpoint> parse_endpoint(std::string_view text, uint16_t port_default);        // "store3", "store3:7421", "::1", "[::1]:7"
bool is_address(const std::string& host);                                             // and no name
Result<uint16_t> free_port(const std::string& address = "127.0.0.1");                 // nobody listened there a moment ago

}  // namespace sparekeep
