#include "test/support/catch.h"

#include <future>
#include <thread>

#include "test/unit/net/fixture.h"

using namespace sparekeep;

namespace {

using std::chrono::milliseconds;

std::future<std::string> ask(TestServer& server, const std::string& path) {
  return std::async(std::launch::async, [options = server.client_options(), path] {
    return text_of(HttpClient(options, system_clock()).send(request_of("GET", path), std::chrono::seconds(10)));
  });
}

}  // namespace

TEST_CASE("stop() lets a request that runs be answered, closes idle connections and takes no new ones") {
  TestServer server;
  server.start();
  HttpClient idle = server.client();
  CHECK(idle.send(request_of("GET", "/hello"), std::chrono::seconds(5)));
  std::future<std::string> slow = ask(server, "/slow");
  server.wait_until_running();
  server.server->stop();
  CHECK(slow.get() == "slow");
  CHECK(server.server->numbers().connections == 0);
  CHECK(text_of(idle.send(request_of("GET", "/hello"), std::chrono::seconds(5))) == "unreachable: HOST: connection refused");
  server.server->stop();
}

TEST_CASE("a long poll learns that the server stops") {
  TestServer server;
  server.start();
  std::future<std::string> poll = ask(server, "/wait");
  server.wait_until_running();
  const Duration begin = system_clock().boot_time();
  server.server->stop();
  CHECK(system_clock().boot_time() - begin < std::chrono::seconds(2));
  CHECK(poll.get() == "stopping");
}

TEST_CASE("what is not answered within the time to drain is cut") {
  TestServer server;
  server.options.limits.drain = milliseconds(20);
  server.start();
  std::future<std::string> slow = ask(server, "/slow");
  server.wait_until_running();
  server.server->stop();
  CHECK(slow.get().starts_with("unreachable: HOST: "));
}

TEST_CASE("a port that is taken is named, and so is an address that is none") {
  TestServer server, second;
  server.start();
  second.options.listen.port = server.server->port();
  const Result<void> started = HttpServer(second.options, second.router).start();
  REQUIRE(!started);
  CHECK(started.error().kind() == ErrorKind::busy);
  CHECK(started.error().text() == "listening on '127.0.0.1:" + std::to_string(server.server->port()) + "': address already in use");
  second.options.listen = {"nowhere", 0};
  CHECK(HttpServer(second.options, second.router).start().error().text() == "listening on 'nowhere': expected an address");
}
