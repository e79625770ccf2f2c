#include "installer/install/daemon_ports.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/base/descriptor.h"

namespace sparekeep::central {

namespace {

constexpr uint16_t kSpread = 16384;                // the search begins so far apart for different roots, below ephemeral ports
constexpr int kTriesMax = 4096;

uint16_t first_try(const Host& host) {
  const Digest digest = sha256(as_bytes(host.root));
  return static_cast<uint16_t>(host.storage.port + (digest.value[0] * 256 + digest.value[1]) % kSpread);
}

}  // namespace

bool is_port_free(uint16_t port) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(socket.get(), 1) == 0;
}

bool DaemonPorts::claim(uint16_t port) {
  const std::lock_guard lock(mutex_);
  return given_.insert(port).second;
}

uint16_t DaemonPorts::port_for(const Host& host, const HostFacts& facts) {
  if (!host.is_local() || host.storage.port_given) return host.storage.port;
  const std::optional<uint16_t> kept = facts.daemon_port();
  const bool running = facts.processes.contains(std::string(kDaemonService.program));
  if (kept && (running || is_port_free(*kept)) && claim(*kept)) return *kept;
  uint16_t port = first_try(host);
  for (int tries = 0; tries < kTriesMax; ++tries, ++port)
    if (port >= 1024 && is_port_free(port) && claim(port)) return port;
  throw Error(ErrorKind::failed, "no free port for its daemon was found from " + std::to_string(first_try(host)) + " on");
}

}  // namespace sparekeep::central
