#include "test/support/catch.h"

#include <sys/socket.h>

#include <thread>

#include "lib/net/connector.h"
#include "test/unit/net/fixture.h"

using namespace sparekeep;

namespace {

using std::chrono::milliseconds;

template <typename Work>
Duration time_of(const Work& work) {
  const Duration begin = system_clock().boot_time();
  work();
  return system_clock().boot_time() - begin;
}

// How long a server keeps a connection on which these bytes came and nothing else.
Duration kept_open(TestServer& server, std::string_view bytes) {
  return time_of([&] { raw_exchange(server, bytes); });
}

}  // namespace

TEST_CASE("a peer that accepts and never answers runs into the deadline of TLS") {
  TestServer server;
  server.start();
  const SilentServer silent;
  ClientOptions options = server.client_options();
  options.port = silent.port();
  options.deadlines.tls = milliseconds(200);
  HttpClient client(options, system_clock());
  const Duration took = time_of([&] {
    CHECK(text_of(client.send(request_of("GET", "/hello"), std::chrono::seconds(5))) == "timeout: HOST: no answer within 200 ms (TLS)");
  });
  CHECK(took < std::chrono::seconds(2));
  CHECK(text_of(client.send(request_of("GET", "/hello"), milliseconds(100))) == "timeout: HOST: not done within 100 ms (whole)");
}

TEST_CASE("a handler that takes too long runs into the deadline of the first byte, which a request may lengthen") {
  TestServer server;
  server.start();
  ClientOptions options = server.client_options();
  options.deadlines.first_byte = milliseconds(100);
  HttpClient client(options, system_clock());
  CHECK(text_of(client.send(request_of("GET", "/slow"), std::chrono::seconds(5))) == "timeout: HOST: no answer within 100 ms (first byte)");
  const SendOptions patient{.limit = std::chrono::seconds(5), .first_byte = std::chrono::seconds(2)};
  CHECK(text_of(client.send(request_of("GET", "/slow"), patient)) == "slow");
  CHECK(text_of(client.send(request_of("GET", "/slow"), {.limit = milliseconds(90), .first_byte = std::chrono::seconds(2)})) ==
        "timeout: HOST: not done within 90 ms (whole)");
}

TEST_CASE("nobody there is unreachable, at once") {
  TestServer server;
  server.start();
  ClientOptions options = server.client_options();
  options.port = free_port().value();
  CHECK(text_of(HttpClient(options, system_clock()).send(request_of("GET", "/hello"), std::chrono::seconds(5))) ==
        "unreachable: HOST: connection refused");
  options.host = "no-such-host.invalid";
  options.port = 7;
  options.deadlines.connect = std::chrono::seconds(2);
  const Result<HttpResponse> response = HttpClient(options, system_clock()).send(request_of("GET", "/hello"), std::chrono::seconds(5));
  REQUIRE(!response);
  CHECK(response.error().text().starts_with("no-such-host.invalid:7: no "));
}

TEST_CASE("the server gives up on silent, slow and stalled peers") {
  TestServer server;
  server.options.limits.handshake = milliseconds(150);
  server.options.limits.header = milliseconds(250);
  server.options.limits.body_stall = milliseconds(350);
  server.options.limits.idle = milliseconds(450);
  server.options.limits.linger = milliseconds(50);
  server.start();
  CHECK(kept_open(server, "") >= milliseconds(440));
  CHECK(kept_open(server, "GET /hel") >= milliseconds(240));
  CHECK(kept_open(server, "PUT /size HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab") >= milliseconds(340));
  CHECK(kept_open(server, "PUT /size HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab") < std::chrono::seconds(2));
  const Waiter waiter;
  const Deadline whole(system_clock(), std::chrono::seconds(5));
  const Phase phase{std::chrono::seconds(5), "no answer within", "test"};
  const Descriptor silent = connect_tcp({"127.0.0.1", server.server->port()}, waiter, phase, system_clock(), whole).value();
  const Duration took = time_of([&] { CHECK(bool(waiter.wait(silent.get(), POLLIN, whole, phase, whole))); });
  CHECK(took >= milliseconds(140));
  CHECK(took < std::chrono::seconds(2));
}

TEST_CASE("close() from another thread ends a send, and the next one connects again") {
  TestServer server;
  server.start();
  HttpClient client = server.client();
  std::thread closer([&] {
    server.wait_until_running();
    client.close();
  });
  CHECK(text_of(client.send(request_of("GET", "/wait"), std::chrono::seconds(10))) == "closed: HOST: the connection was closed here");
  closer.join();
  CHECK(text_of(client.send(request_of("GET", "/hello"), std::chrono::seconds(10))) == "hello");
  client.close();
  CHECK(text_of(client.send(request_of("GET", "/hello"), std::chrono::seconds(10))) == "hello");
}
