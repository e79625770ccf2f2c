#include "test/support/catch.h"

#include <sys/socket.h>

#include "lib/net/connector.h"
#include "test/unit/net/fixture.h"

using namespace sparekeep;

namespace {

std::string status_line(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

}  // namespace

TEST_CASE("each hostile form of a request is answered once and the connection closed") {
  TestServer server;
  server.start();
  const std::string host = "Host: x\r\n", end = "\r\n";
  const std::string smuggled = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::pair<std::string, std::string> rows[] = {
      {"PUT /size HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, "400 Bad Request"},
      {"PUT /size HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, "411 Length Required"},
      {"PUT /size HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 0\r\n\r\n" + smuggled, "400 Bad Request"},
      {"PUT /size HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n" + smuggled, "400 Bad Request"},
      {"PUT /size HTTP/1.1\n" + host + "\n" + smuggled, "400 Bad Request"},
      {"GET /a/../daemons HTTP/1.1\r\n" + host + end + smuggled, "400 Bad Request"},
      {"GET /a/%2e%2e/daemons HTTP/1.1\r\n" + host + end + smuggled, "400 Bad Request"},
      {"GET //daemons HTTP/1.1\r\n" + host + end + smuggled, "400 Bad Request"},
      {"GET /where/a%2fb HTTP/1.1\r\n" + host + end + smuggled, "400 Bad Request"},
      {"GET /where/a%00b HTTP/1.1\r\n" + host + end + smuggled, "400 Bad Request"},
      {"GET /hello HTTP/1.0\r\n" + host + end + smuggled, "505 HTTP Version Not Supported"},
      {"GET /hello HTTP/1.1\r\n" + host + "Sparekeep-Protocol: 3\r\n\r\n" + smuggled, "426 Upgrade Required"},
      {"GET /hello HTTP/1.1\r\n" + host + "A: " + std::string(20000, 'a') + end + end, "431 Request Header Fields Too Large"},
      {"PUT /none HTTP/1.1\r\n" + host + "Content-Length: 40\r\n\r\n" + smuggled, "404 Not Found"},
      {"PUT /size HTTP/1.1\r\n" + host + "Content-Length: 99999999999\r\n\r\n" + smuggled, "413 Content Too Large"},
      {std::string("\x16\x03\x01\x02\x00\r\n\r\n", 9), "400 Bad Request"}};
  for (const auto& [request, status] : rows) {
    INFO(request.substr(0, 120));
    const std::string answer = raw_exchange(server, request);
    CHECK(status_line(answer) == "HTTP/1.1 " + status);
    CHECK(answer.find("\r\nHTTP/1.1 ") == std::string::npos);
    CHECK(!answer.ends_with("slow"));
    CHECK(answer.find("connection: close\r\n") != std::string::npos);
  }
  CHECK(server.running == 0);
}

TEST_CASE("several requests in one piece are answered in order") {
  TestServer server;
  server.start();
  const std::string get = "GET /hello HTTP/1.1\r\nHost: x\r\n";
  const std::string put = "PUT /size HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
  const std::string answer = raw_exchange(server, put + get + "\r\n" + put + get + "Connection: close\r\n\r\n");
  CHECK(answer.find("\r\n\r\n5HTTP/1.1 200 OK") != std::string::npos);
  CHECK(answer.ends_with("hello"));
  CHECK(server.server->numbers().requests == 4);
}

TEST_CASE("a client that waits for 100 Continue gets it") {
  TestServer server;
  server.start();
  const std::string answer =
      raw_exchange(server, "PUT /size HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab");
  CHECK(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n"));
}

TEST_CASE("bytes that are no TLS end the connection and nothing else") {
  TestServer server;
  server.start();
  const Waiter waiter;
  const Deadline whole(system_clock(), std::chrono::seconds(5));
  const Phase phase{std::chrono::seconds(5), "no answer within", "test"};
  const Descriptor socket = connect_tcp({"127.0.0.1", server.server->port()}, waiter, phase, system_clock(), whole).value();
  CHECK(::send(socket.get(), "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL) == 18);
  CHECK(text_of(server.client().send(request_of("GET", "/hello"), std::chrono::seconds(5))) == "hello");
}

TEST_CASE("over the maximum of connections a new one is closed at once") {
  TestServer server;
  server.options.limits.connections_max = 1;
  server.start();
  HttpClient first = server.client(), second = server.client();
  CHECK(first.send(request_of("GET", "/hello"), std::chrono::seconds(5)));
  CHECK(text_of(second.send(request_of("GET", "/hello"), std::chrono::seconds(5))).starts_with("unreachable: HOST: "));
  CHECK(first.send(request_of("GET", "/hello"), std::chrono::seconds(5)));
}

TEST_CASE("one host cannot take all connections: others are served while it is told to wait") {
  TestServer server;
  server.options.limits.connections_per_peer_max = 2;
  server.start();
  HttpClient first = server.client(), second = server.client(), third = server.client();
  const Duration limit = std::chrono::milliseconds(900);
  CHECK(text_of(first.send(request_of("GET", "/hello"), limit)) == "hello");
  CHECK(text_of(second.send(request_of("GET", "/hello"), limit)) == "hello");
  CHECK(text_of(third.send(request_of("GET", "/hello"), limit)) == "busy: HOST: this host has 2 connections here already");
  ClientOptions options = server.client_options();
  options.tls = server.authority.tls(server.authority.host());
  CHECK(text_of(HttpClient(options, system_clock()).send(request_of("GET", "/hello"), limit)) == "hello");
  first.close();
  CHECK(text_of(first.send(request_of("GET", "/hello"), std::chrono::seconds(10))) == "hello");   // its seat is free, or soon is
}
