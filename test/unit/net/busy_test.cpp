// A server with too much to do: nobody who waits for it takes it for dead, and who is dead is found as soon as ever.
#include <thread>

#include "lib/net/channel.h"
#include "lib/net/connector.h"
#include "lib/net/waiter.h"
#include "test/support/catch.h"
#include "test/unit/net/fixture.h"

using namespace sparekeep;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kBody = 2 << 20;

// One disk that stores one body after the other.
void add_slow_store(TestServer& server, std::mutex& disk, Duration time) {
  server.router.add_taking("PUT", "/store", {Role::agent}, [&disk, time](HttpRequest& request) {
    const std::lock_guard lock(disk);
    system_clock().sleep(time);
    return HttpResponse::of_text(201, std::to_string(request.body.size()));
  }, {kShardBodyMax});
}

// Asks for /big, of which it reads nothing: the answer takes its room for as long as this lives.
class Unreading {
 public:
  explicit Unreading(TestServer& server) : tls_(server.authority.tls(server.agent_id)) {
    const Waiter waiter;
    const Deadline whole(system_clock(), seconds(5));
    const Phase phase{seconds(5), "no answer within", "test"};
    socket_ = connect_tcp({"127.0.0.1", server.server->port()}, waiter, phase, system_clock(), whole).value();
    channel_ = tls_channel(*tls_, socket_.get(), Side::client, true);
    const auto wait = [&](const Step& step) { return bool(waiter.wait(socket_.get(), events_of(step.need), whole, phase, whole)); };
    for (Step step = channel_->handshake(); step.state == Step::State::waits && wait(step);) step = channel_->handshake();
    REQUIRE(channel_->write(as_bytes("GET /big HTTP/1.1\r\nhost: a\r\n\r\n")).state == Step::State::done);
    while (server.server->numbers().bodies_bytes == 0) system_clock().sleep(milliseconds(5));
  }

 private:
  Tls tls_;
  Descriptor socket_;
  std::unique_ptr<Channel> channel_;
};

}  // namespace

TEST_CASE("what was done and could not be answered is asked for again only where it may be done twice") {
  TestServer server;
  std::atomic<int> done = 0;
  server.router.add("GET", "/big", {Role::agent}, [](const HttpRequest&) { return HttpResponse::of_bytes(Bytes(30 << 20)); });
  server.router.add("POST", "/done", {Role::agent}, [&](const HttpRequest&) { return ++done, HttpResponse::of_bytes(Bytes(kBody)); });
  server.start();
  const Unreading holder(server);
  HttpClient client = server.client();
  SendOptions options{.limit = milliseconds(2500), .response_max = kBody};
  CHECK(text_of(client.send(request_of("POST", "/done"), options)) == "busy: HOST: too many answers of this size are being read");
  CHECK(done == 1);
  options.idempotent = true;
  CHECK(text_of(client.send(request_of("POST", "/done"), options)) == "busy: HOST: too many answers of this size are being read");
  CHECK(done > 2);
}

TEST_CASE("many clients of one slow store all get through: none takes it for a system that failed") {
  std::mutex disk;
  TestServer server;
  add_slow_store(server, disk, milliseconds(400));
  server.options.limits.bodies_bytes_max = 3 * kBody;
  server.options.limits.room = milliseconds(300);
  server.options.limits.sign_of_life = milliseconds(200);
  server.start();
  std::vector<ClientOptions> clients;
  for (int i = 0; i < 12; ++i) clients.push_back(server.client_options());
  for (ClientOptions& client : clients) client.deadlines.first_byte = client.deadlines.stall = milliseconds(900);
  std::vector<std::string> answers(clients.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < clients.size(); ++i)
    threads.emplace_back([&, i] {
      const Bytes body(kBody);
      answers[i] = text_of(HttpClient(clients[i], system_clock()).send(request_of("PUT", "/store"), {.limit = seconds(60), .body = {body}}));
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(answers == std::vector<std::string>(clients.size(), std::to_string(kBody)));
  CHECK(server.server->numbers().bodies_bytes_peak <= 3 * kBody + 1000);
}

TEST_CASE("a server without room says so, and the whole deadline of the client ends its waiting") {
  std::mutex disk;
  TestServer server;
  add_slow_store(server, disk, seconds(3));
  server.options.limits.bodies_bytes_max = kBody;
  server.options.limits.room = milliseconds(100);
  server.start();
  const ClientOptions options = server.client_options();
  std::string held;
  std::thread holder([&] {
    const Bytes body(kBody);
    held = text_of(HttpClient(options, system_clock()).send(request_of("PUT", "/store"), {.limit = seconds(30), .body = {body}}));
  });
  while (server.server->numbers().bodies_bytes == 0) system_clock().sleep(milliseconds(5));
  HttpClient client(server.client_options(), system_clock());
  const Bytes body(kBody);
  CHECK(text_of(client.send(request_of("PUT", "/store"), {.limit = milliseconds(900), .body = {body}})) == "busy: HOST: too many bodies are on their way here");
  holder.join();
  CHECK(held == std::to_string(kBody));
}

TEST_CASE("a silent server is found within the deadline of the first byte, and a handler that never ends a little later") {
  std::mutex disk;
  TestServer server;
  add_slow_store(server, disk, seconds(4));
  server.options.workers = 2;
  server.options.limits.sign_of_life = std::chrono::hours(1);
  server.start();
  ClientOptions options = server.client_options();
  options.deadlines.first_byte = milliseconds(300);
  const SendOptions put{.limit = seconds(30), .body = {as_bytes("body")}};
  CHECK(text_of(HttpClient(options, system_clock()).send(request_of("PUT", "/store"), put)) == "timeout: HOST: no answer within 300 ms (first byte)");

  TestServer alive;
  add_slow_store(alive, disk, seconds(8));
  alive.options.limits.sign_of_life = milliseconds(100);
  alive.start();
  options = alive.client_options();
  options.deadlines.first_byte = milliseconds(300);
  const Duration before = system_clock().boot_time();
  CHECK(text_of(HttpClient(options, system_clock()).send(request_of("PUT", "/store"), put)) == "timeout: HOST: no answer within 300 ms (first byte)");
  const Duration took = system_clock().boot_time() - before;
  CHECK(took > seconds(1));                             // ten signs of life
  CHECK(took < seconds(8));
}
