#include "test/support/catch.h"

#include <fcntl.h>

#include <thread>

#include "lib/base/files.h"
#include "test/support/temporary_folder.h"
#include "test/unit/net/fixture.h"

using namespace sparekeep;

namespace {

Bytes random_bytes(size_t size, uint64_t seed) {
  Bytes bytes(size);
  SeededRandom(seed).fill(bytes);
  return bytes;
}

constexpr Duration kLimit = std::chrono::seconds(20);

}  // namespace

TEST_CASE("a request goes there and back over mutual TLS") {
  TestServer server;
  server.start();
  HttpClient client = server.client();
  HttpRequest request = request_of("GET", "/where/a b");
  request.query["q"] = "/etc/x\n&=+";
  CHECK(text_of(client.send(request, kLimit)) == "a b|/etc/x\n&=+|" + server.agent_id.hex());
  REQUIRE(client.peer());
  CHECK(client.peer()->identity == Identity{server.id, {Role::daemon}});
  const Result<HttpResponse> response = client.send(request_of("GET", "/hello"), kLimit);
  CHECK(*response->headers.find("sparekeep-protocol") == "1");
  CHECK(server.server->numbers().requests == 2);
  CHECK(server.server->numbers().connections == 1);
}

TEST_CASE("bodies of every size come back as they were sent, from one span or several") {
  TestServer server;
  server.start();
  HttpClient client = server.client();
  for (size_t size : {0, 1, 12287, 12288, 12289, 16384, 65536, 1000003, 8 << 20}) {
    const Bytes body = random_bytes(size, size);
    const ByteSpan whole(body);
    const size_t cut = size / 3;
    const SendOptions options{.limit = kLimit, .body = {whole.first(cut), whole.subspan(cut)}, .response_max = 9 << 20};
    const Result<HttpResponse> response = client.send(request_of("PUT", "/echo"), options);
    REQUIRE(response);
    CHECK(response->body == body);
  }
  HttpRequest request = request_of("PUT", "/echo");
  request.body = random_bytes(100, 1);
  CHECK(client.send(request, kLimit)->body == request.body);
  // The last answer may be here before the server has put its request away.
  for (int tries = 0; server.server->numbers().bodies_bytes != 0 && tries < 5000; ++tries) system_clock().sleep(std::chrono::milliseconds(1));
  CHECK(server.server->numbers().bodies_bytes == 0);
}

TEST_CASE("an answer may come from a file, in part, and HEAD tells only its length") {
  const TemporaryFolder folder;
  const Bytes content = random_bytes(3 << 20, 5);
  write_durably(folder / "shard", content).value();
  TestServer server;
  server.router.add("GET", "/file", {Role::agent}, [&](const HttpRequest&) {
    return HttpResponse::of_file({Descriptor(::open((folder / "shard").c_str(), O_RDONLY | O_CLOEXEC)), 1000, (2 << 20) + 7});
  });
  server.router.add("GET", "/short", {Role::agent}, [&](const HttpRequest&) {
    return HttpResponse::of_file({Descriptor(::open((folder / "shard").c_str(), O_RDONLY | O_CLOEXEC)), 3 << 20, 1});
  });
  server.start();
  HttpClient client = server.client();
  const SendOptions options{.limit = kLimit, .response_max = 4 << 20};
  const Result<HttpResponse> part = client.send(request_of("GET", "/file"), options);
  REQUIRE(part);
  CHECK(same_bytes(part->body, ByteSpan(content).subspan(1000, (2 << 20) + 7)));
  const Result<HttpResponse> head = client.send(request_of("HEAD", "/file"), options);
  REQUIRE(head);
  CHECK(head->body.empty());
  CHECK(*head->headers.find("content-length") == "2097159");
  CHECK(text_of(client.send(request_of("GET", "/short"), options)) == "unreachable: HOST: connection closed by the other side");
}

TEST_CASE("an error of a handler reaches the caller as the same kind with its text") {
  TestServer server;
  server.start();
  HttpClient client = server.client();
  for (const char* kind : {"not_found", "denied", "exists", "corrupt", "usage", "no_space", "locked", "busy", "unsupported", "lost"}) {
    CHECK(text_of(client.send(request_of("GET", std::string("/fail/") + kind), kLimit)) ==
          std::string(kind) + ": HOST: it failed as '" + kind + "'");
  }
  CHECK(text_of(client.send(request_of("GET", "/fail/exception"), kLimit)) == "failed: HOST: the server failed; its log says why");
  CHECK(client.exchange(request_of("GET", "/none"), {})->status == 404);
  CHECK(server.server->numbers().connections == 1);
}

TEST_CASE("a body over the route's maximum is refused before it is read, and the client hears why") {
  TestServer server;
  server.router.add("PUT", "/small", {Role::agent}, [](const HttpRequest&) { return HttpResponse::of_status(201); }, {1000});
  server.start();
  HttpClient client = server.client();
  HttpRequest request = request_of("PUT", "/small");
  request.body = random_bytes(20 << 20, 3);
  CHECK(text_of(client.send(request, kLimit)) == "usage: HOST: a body of 20971520 bytes; expected at most 1000");
  request.body.resize(1000);
  CHECK(client.send(request, kLimit)->status == 201);
}

TEST_CASE("an answer over the caller's maximum is not read") {
  TestServer server;
  server.start();
  HttpClient client = server.client();
  HttpRequest request = request_of("PUT", "/echo");
  request.body = random_bytes(2000, 3);
  CHECK(text_of(client.send(request, {.limit = kLimit, .response_max = 1999})) ==
        "corrupt: HOST: the answer has 2000 bytes; expected at most 1999");
  CHECK(client.send(request, {.limit = kLimit, .response_max = 2000}));
}

TEST_CASE("a kept connection is used again, and replaced when the server was restarted") {
  TestServer server;
  server.start();
  HttpClient client = server.client();
  CHECK(text_of(client.send(request_of("GET", "/hello"), kLimit)) == "hello");
  server.options.listen.port = server.server->port();
  server.server.reset();
  server.start();
  CHECK(text_of(client.send(request_of("GET", "/hello"), kLimit)) == "hello");
  HttpRequest post = request_of("POST", "/hello");
  CHECK(client.exchange(post, {})->status == 405);
  CHECK(server.server->numbers().requests == 2);
}

TEST_CASE("many big bodies at once never hold more than the budget") {
  TestServer server;
  constexpr size_t kBudget = 12 << 20, kBody = 3 << 20;
  server.options.limits.bodies_bytes_max = kBudget;
  server.options.workers = 8;
  server.start();
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  std::vector<ClientOptions> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(server.client_options());
  for (const ClientOptions& options : clients) {
    threads.emplace_back([&good, options] {
      HttpClient client(options, system_clock());
      const Bytes body(kBody);
      for (int i = 0; i < 3; ++i) {
        const Result<HttpResponse> response = client.send(request_of("PUT", "/size"), {.limit = std::chrono::seconds(60), .body = {body}});
        if (response && as_text(response->body) == std::to_string(kBody)) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 30);
  CHECK(server.server->numbers().bodies_bytes_peak <= kBudget + 100);   // the answers' few bytes are only counted
  CHECK(server.server->numbers().bodies_bytes_peak >= 2 * kBody);
  CHECK(server.server->numbers().bodies_bytes == 0);
}
