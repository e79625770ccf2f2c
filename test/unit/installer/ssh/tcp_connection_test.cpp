// A name with several addresses, of which the first takes nothing and refuses nothing.
#include "installer/ssh/tcp_connection.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include "installer/ssh/stage.h"
#include "test/support/catch.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

struct Address {
  explicit Address(const char* text) {
    in.sin_family = AF_INET;
    ::inet_pton(AF_INET, text, &in.sin_addr);
    info.ai_family = AF_INET, info.ai_socktype = SOCK_STREAM, info.ai_addr = reinterpret_cast<sockaddr*>(&in), info.ai_addrlen = sizeof in;
  }
  sockaddr_in in{};
  addrinfo info{};
};

// Listens, and takes no more connections than those it has waiting: what more comes is dropped, as by a firewall.
class Listener {
 public:
  Listener(Address& address, int waiting_max) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    REQUIRE(::bind(socket_.get(), address.info.ai_addr, address.info.ai_addrlen) == 0);
    REQUIRE(::listen(socket_.get(), waiting_max) == 0);
    REQUIRE(::getsockname(socket_.get(), address.info.ai_addr, &address.info.ai_addrlen) == 0);
  }

 private:
  Descriptor socket_;
};

}  // namespace

TEST_CASE("an address that is dead leaves time for those after it") {
  Address dead("127.0.0.2"), alive("127.0.0.1");
  const Listener full(dead, 0), open(alive, 8);
  const Descriptor first(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(first.get(), dead.info.ai_addr, dead.info.ai_addrlen) == 0);
  dead.info.ai_next = &alive.info;
  const Deadline deadline(system_clock(), kConnectStage.limit);
  const Result<Descriptor> socket = connect_to_one({"store1", 22}, &dead.info, deadline, system_clock());
  REQUIRE(socket);
  CHECK(local_address(*socket) == "127.0.0.1");
  CHECK(deadline.left() > kConnectStage.limit / 4);
  dead.info.ai_next = nullptr;
  CHECK(connect_to_one({"store1", 22}, &dead.info, Deadline(system_clock(), std::chrono::seconds(1)), system_clock()).error().text() ==
        "no answer within 5.0 s (connect) from store1:22; is it up, and the address right?");
}
