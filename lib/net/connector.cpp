#include "lib/net/connector.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "lib/base/text.h"

namespace sparekeep {
namespace {

constexpr size_t kAddressesMax = 8;

struct Address {
  sockaddr_storage bytes{};
  socklen_t length = 0;
  int family = 0;
};

struct Resolved {
  std::vector<Address> addresses;
  std::string fault;                     // resolver's words when there is no address
};

Resolved resolve(const Endpoint& endpoint, int flags) {
  addrinfo hints{};
  hints.ai_flags = flags | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  Resolved resolved;
  const int fault = getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (fault != 0) {
    resolved.fault = gai_strerror(fault);
    return resolved;
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  for (const addrinfo* one = found; one && resolved.addresses.size() < kAddressesMax; one = one->ai_next) {
    Address address{{}, one->ai_addrlen, one->ai_family};
    std::memcpy(&address.bytes, one->ai_addr, one->ai_addrlen);
    resolved.addresses.push_back(address);
  }
  return resolved;
}

// getaddrinfo knows no deadline, so a name that is no address is looked up on a thread of its own, which is left behind
// when the deadline passes and ends with the resolver's own.
struct Lookup {
  std::mutex mutex;
  std::optional<Resolved> resolved;
  Descriptor ready{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

struct Limits {
  const Waiter& waiter;
  const Phase& phase;
  const Deadline& phase_end;
  const Deadline& whole;
  Result<short> wait(int fd, short events) const { return waiter.wait(fd, events, phase_end, phase, whole); }
};

Result<Resolved> look_up(const Endpoint& endpoint, const Limits& limits) {
  Resolved numeric = resolve(endpoint, AI_NUMERICHOST);
  if (!numeric.addresses.empty()) return numeric;
  auto lookup = std::make_shared<Lookup>();
  if (!lookup->ready) return system_error("making an eventfd", errno);
  std::thread([lookup, endpoint] {
    Resolved resolved = resolve(endpoint, AI_ADDRCONFIG);
    const std::lock_guard lock(lookup->mutex);
    lookup->resolved = std::move(resolved);
    eventfd_write(lookup->ready.get(), 1);
  }).detach();
  const Result<short> ready = limits.wait(lookup->ready.get(), POLLIN);
  if (!ready) return ready.error();
  const std::lock_guard lock(lookup->mutex);
  return std::move(*lookup->resolved);
}

Error refused(int error_number) {
  switch (error_number) {  // the common ones in our words
    case ECONNREFUSED: return Error(ErrorKind::unreachable, "connection refused");
    case EHOSTUNREACH: return Error(ErrorKind::unreachable, "no route to host");
    case ENETUNREACH: return Error(ErrorKind::unreachable, "network is unreachable");
    default: return Error(ErrorKind::unreachable, system_error("connecting", error_number).text());  // foreign value
  }
}

// Connected, or on its way there.
Result<Descriptor> begin_one(const Address& address) {
  Descriptor socket(::socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket && (errno == EACCES || errno == EPERM || errno == EAFNOSUPPORT)) return refused(errno);   // nobody has answered: the next address may do
  if (!socket) return system_error("making a socket", errno);
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.bytes), address.length) == 0 || errno == EINPROGRESS) return socket;
  return refused(errno);
}

Result<Descriptor> connect_one(const Address& address, const Limits& limits) {
  Result<Descriptor> socket = begin_one(address);
  if (!socket) return socket;
  const Result<short> ready = limits.wait(socket->get(), POLLOUT);
  if (!ready) return ready.error();
  if (const Result<void> made = finish_connecting(*socket); !made) return made.error();
  return socket;
}

}  // namespace

Result<Descriptor> connect_tcp(const Endpoint& endpoint, const Waiter& waiter, const Phase& phase, const Clock& clock,
                               const Deadline& whole) {
  const Deadline phase_end(clock, phase.limit);
  const Limits limits{waiter, phase, phase_end, whole};
  const Result<Resolved> resolved = look_up(endpoint, limits);
  if (!resolved) return resolved.error();
  Error last(ErrorKind::unreachable, "no address of " + in_quotes(endpoint.host) + ": " + printable(resolved->fault));
  for (const Address& address : resolved->addresses) {
    Result<Descriptor> socket = connect_one(address, limits);
    if (socket || socket.error().kind() != ErrorKind::unreachable) return socket;
    last = socket.error();
  }
  return last;
}

Result<Descriptor> begin_connecting(const Endpoint& address) {
  const Resolved numeric = resolve(address, AI_NUMERICHOST);
  if (numeric.addresses.empty()) return Error(ErrorKind::unreachable, in_quotes(address.host) + " is no address");
  return begin_one(numeric.addresses.front());
}

Result<void> finish_connecting(const Descriptor& socket) {
  int fault = 0;
  socklen_t length = sizeof fault;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &fault, &length);
  if (fault != 0) return refused(fault);
  return {};
}

Result<Descriptor> connect_local(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& name = path.native();
  if (name.size() >= sizeof address.sun_path) return Error(ErrorKind::usage, "the path of a socket is too long");
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return system_error("making a socket", errno);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENOENT) return Error(ErrorKind::unreachable, "nobody listens");
    return errno == EACCES ? Error(ErrorKind::denied, "permission denied") : refused(errno);
  }
  ::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) | O_NONBLOCK);
  return socket;
}

}  // namespace sparekeep
