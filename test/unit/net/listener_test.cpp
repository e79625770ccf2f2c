// Listening for TCP connections: at every address of the machine, whichever protocols it has.
#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/net/listener.h"
#include "test/support/catch.h"

using namespace sparekeep;

namespace {

bool answers(const sockaddr* address, socklen_t length) {
  const Descriptor caller(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return caller && ::connect(caller.get(), address, length) == 0;
}

}  // namespace

TEST_CASE("whoever listens at every address is reached by IPv4 and, where the machine has it, by IPv6") {
  const Descriptor listening = listen_on({std::string(kAnyAddress), 0}).value();
  const uint16_t port = listening_port(listening.get()).value();
  sockaddr_in four{};
  four.sin_family = AF_INET, four.sin_port = htons(port), four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(answers(reinterpret_cast<const sockaddr*>(&four), sizeof four));
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6, six.sin6_port = 0, six.sin6_addr = in6addr_loopback;
  const Descriptor probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe || ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&six), sizeof six) != 0) {
    WARN("this machine has no [::1]: asked by IPv4 alone");
    return;
  }
  six.sin6_port = htons(port);
  CHECK(answers(reinterpret_cast<const sockaddr*>(&six), sizeof six));
}
