#include "lib/net/endpoint.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>

#include "lib/base/descriptor.h"
#include "lib/base/text.h"

namespace sparekeep {
namespace {

constexpr size_t kHostNameMax = 253;

Error wrong(std::string_view text, std::string_view expected) {
  return Error(ErrorKind::usage, in_quotes(text) + " is not an endpoint; expected " + std::string(expected));
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > kHostNameMax) return false;
  for (char c : host) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
                      c == ':' || c == '%';
    if (!fits) return false;
  }
  return true;
}

// "[::1]:7" and "store3:7" in two; a bare IPv6 address has no port.
struct Halves {
  std::string_view host;
  std::optional<std::string_view> port{};
};

std::optional<Halves> halves_of(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    Halves halves{text.substr(1, end - 1)};
    if (end + 1 == text.size()) return halves;
    if (text[end + 1] != ':') return std::nullopt;
    halves.port = text.substr(end + 2);
    return halves;
  }
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon != text.rfind(':')) return Halves{text};
  return Halves{text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<uint16_t> port_of(std::string_view text) {
  uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

Result<Endpoint> parse(std::string_view text, std::optional<uint16_t> port_default) {
  const std::string_view expected = port_default ? "host or host:port" : "host:port";
  const std::optional<Halves> halves = halves_of(text);
  if (!halves || !is_host(halves->host)) return wrong(text, expected);
  std::optional<uint16_t> port = port_default;
  if (halves->port) port = port_of(*halves->port);
  if (!port) return wrong(text, expected);
  return Endpoint{std::string(halves->host), *port};
}

}  // namespace

std::string to_string(const Endpoint& endpoint) {
  const bool bare_v6 = endpoint.host.find(':') != std::string::npos;
  return (bare_v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

Result<Endpoint> parse_endpoint(std::string_view text) { return parse(text, std::nullopt); }
Result<Endpoint> parse_endpoint(std::string_view text, uint16_t port_default) { return parse(text, port_default); }

bool is_address(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 || ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

Result<uint16_t> free_port(const std::string& address) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.c_str(), "0", &hints, &found) != 0) return Error(ErrorKind::usage, in_quotes(address) + " is not an address");
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  const Descriptor socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  auto* generic = reinterpret_cast<sockaddr*>(&bound);
  if (!socket || ::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 || ::getsockname(socket.get(), generic, &length) != 0) {
    return system_error("looking for a free port on " + in_quotes(address), errno);
  }
  char port[8];
  if (getnameinfo(generic, length, nullptr, 0, port, sizeof port, NI_NUMERICSERV) != 0) return Error(ErrorKind::failed, "no port");
  return *port_of(port);
}

}  // namespace sparekeep
