#include "installer/ssh/tcp_connection.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <csignal>
#include <cstddef>
#include <memory>

#include "installer/ssh/stage.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

timespec as_timespec(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  return {seconds.count(), (duration - seconds).count()};
}

Error unresolved(const Endpoint& to, std::string_view why) {
  return Error(ErrorKind::unreachable, "the name " + in_quotes(to.host) + " has no address (" + std::string(why) + "); set address");
}

// The resolver has deadlines of its own, longer than ours: what it finds after ours nobody waits for.
struct Resolution {
  std::string host, port;
  addrinfo hints{};
  gaicb request{};
};

// An address that stands there as one needs no resolver, which would be a thread of its own.
Addresses numeric(const Endpoint& to) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(to.host.c_str(), std::to_string(to.port).c_str(), &hints, &found) != 0) found = nullptr;
  return Addresses(found, &::freeaddrinfo);
}

Result<Addresses> resolve(const Endpoint& to, const Deadline& deadline) {
  if (Addresses known = numeric(to)) return known;
  auto resolution = std::make_unique<Resolution>(Resolution{.host = to.host, .port = std::to_string(to.port)});
  resolution->hints.ai_socktype = SOCK_STREAM;
  resolution->request = {.ar_name = resolution->host.c_str(), .ar_service = resolution->port.c_str(), .ar_request = &resolution->hints, .ar_result = nullptr};
  gaicb* requests[] = {&resolution->request};
  sigevent silently{};
  silently.sigev_notify = SIGEV_NONE;
  if (const int fault = ::getaddrinfo_a(GAI_NOWAIT, requests, 1, &silently); fault != 0) return unresolved(to, ::gai_strerror(fault));
  int state = EAI_INPROGRESS;
  while ((state = ::gai_error(&resolution->request)) == EAI_INPROGRESS && !deadline.passed()) {
    const timespec left = as_timespec(deadline.left());
    ::gai_suspend(requests, 1, &left);
  }
  if (state == EAI_INPROGRESS) {
    if (::gai_cancel(&resolution->request) != EAI_CANCELED) (void)resolution.release();   // a thread of the resolver still writes there
    return no_answer({"name of " + to.host, deadline.limit()});
  }
  if (state != 0) return unresolved(to, ::gai_strerror(state));
  return Addresses(resolution->request.ar_result, &::freeaddrinfo);
}

int connected(const Descriptor& socket, const addrinfo& address, const Deadline& deadline) {
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd wait{socket.get(), POLLOUT, 0};
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.left());
  if (::poll(&wait, 1, static_cast<int>(left.count())) != 1) return ETIMEDOUT;
  int fault = 0;
  socklen_t size = sizeof fault;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &fault, &size);
  return fault;
}

Error not_connected(const Endpoint& to, int fault) {
  if (fault == ETIMEDOUT) return Error(ErrorKind::unreachable, no_answer(kConnectStage).text() + " from " + to_string(to) + "; is it up, and the address right?");
  if (fault == ECONNREFUSED) return Error(ErrorKind::unreachable, to_string(to) + " refused the connection; does sshd run there?");
  return Error(ErrorKind::unreachable, system_error("connecting to " + to_string(to), fault).text());
}

}  // namespace

// One that drops what comes does not use up the time of those after it.
Result<Descriptor> connect_to_one(const Endpoint& to, const addrinfo* addresses, const Deadline& deadline, const Clock& clock) {
  int fault = ETIMEDOUT, left = 0;
  for (const addrinfo* address = addresses; address; address = address->ai_next) ++left;
  for (const addrinfo* address = addresses; address && !deadline.passed(); address = address->ai_next, --left) {
    Descriptor socket(::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->ai_protocol));
    fault = socket ? connected(socket, *address, Deadline(clock, deadline.left() / left)) : errno;
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fault == 0) return socket;
  }
  return not_connected(to, fault);
}

Result<Descriptor> connect_tcp(const Endpoint& to, const Clock& clock) {
  const Deadline deadline(clock, kConnectStage.limit);
  const Result<Addresses> addresses = resolve(to, deadline);
  if (!addresses) return addresses.error();
  return connect_to_one(to, addresses->get(), deadline, clock);
}

std::optional<Duration> least_round_trip(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || size < offsetof(tcp_info, tcpi_min_rtt) + sizeof info.tcpi_min_rtt) return std::nullopt;
  return std::chrono::microseconds(info.tcpi_min_rtt);
}

void hold_packets(int socket, bool held) {
  const int on = held ? 1 : 0;
  static_cast<void>(::setsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, sizeof on));
}

std::string local_address(const Descriptor& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  char text[NI_MAXHOST];
  if (::getnameinfo(reinterpret_cast<sockaddr*>(&address), size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) return "";
  std::string host = text;
  if (host.starts_with("::ffff:")) host = host.substr(7);
  return host.substr(0, host.find('%'));
}

}  // namespace sparekeep::central
