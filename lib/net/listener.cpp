#include "lib/net/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "lib/base/text.h"

namespace sparekeep {
namespace {

constexpr int kBacklog = 128;

Error cannot_listen(const std::string& where, int error_number) {
  const Error error = system_error("listening on " + in_quotes(where), error_number);
  return error_number == EADDRINUSE ? Error(ErrorKind::busy, error.text()) : error;
}

// A kernel may be without IPv6.
Endpoint possible(const Endpoint& wanted) {
  const bool has_six = wanted.host != kAnyAddress || Descriptor(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return has_six ? wanted : Endpoint{"0.0.0.0", wanted.port};
}

}  // namespace

Result<Descriptor> listen_on(const Endpoint& wanted) {
  const Endpoint endpoint = possible(wanted);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found) != 0) {
    return Error(ErrorKind::usage, "listening on " + in_quotes(endpoint.host) + ": expected an address");
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  Descriptor socket(::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1, off = 0;
  if (!socket) return cannot_listen(to_string(endpoint), errno);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (endpoint.host == kAnyAddress) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(socket.get(), kBacklog) != 0) {
    return cannot_listen(to_string(endpoint), errno);
  }
  return socket;
}

Result<Descriptor> listen_locally(const std::filesystem::path& path, mode_t mode) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& name = path.native();
  if (name.size() >= sizeof address.sun_path) return Error(ErrorKind::usage, in_quotes(name) + " is too long for a socket's path");
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool living = probe && (::connect(probe.get(), generic, sizeof address) == 0 || errno == EAGAIN);
  if (living) return cannot_listen(name, EADDRINUSE);
  struct stat there{};
  if (::lstat(name.c_str(), &there) == 0 && S_ISSOCK(there.st_mode)) ::unlink(name.c_str());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return cannot_listen(name, errno);
  ::fchmod(socket.get(), mode);                      // bind creates the file with this mode: it is never open to others
  if (::bind(socket.get(), generic, sizeof address) != 0) return cannot_listen(name, errno);
  if (::chmod(name.c_str(), mode) != 0 || ::listen(socket.get(), kBacklog) != 0) return cannot_listen(name, errno);
  return socket;
}

Result<uint16_t> listening_port(int fd) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length) != 0) return system_error("getsockname", errno);
  if (bound.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(bound).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

LocalPeer local_peer_of(int fd) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) throw system_error("asking a socket for its peer", errno);
  return {peer.uid, peer.gid, peer.pid};
}

}  // namespace sparekeep
