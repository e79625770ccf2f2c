// One request that never waits, many of them in one thread, and names that are looked up beside it.
#include "lib/net/inquiry.h"

#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "lib/net/listener.h"
#include "lib/net/name_lookups.h"
#include "lib/net/waiter.h"
#include "test/support/catch.h"
#include "test/unit/net/fixture.h"

using namespace sparekeep;

namespace {

constexpr Duration kLimit = std::chrono::seconds(10);

Result<HttpResponse> outcome_of(Inquiry& inquiry) {
  for (inquiry.go_on(); !inquiry.is_done(); inquiry.go_on()) {
    pollfd socket = inquiry.awaited();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(inquiry.may_wait()).count();
    ::poll(&socket, 1, static_cast<int>(left));
  }
  return inquiry.take();
}

Result<HttpResponse> answer_to(const ClientOptions& options, const std::string& path, Duration limit = kLimit) {
  Inquiry inquiry(options, request_of("GET", path), limit, system_clock());
  return outcome_of(inquiry);
}

// Takes one connection, answers whatever is asked with `once`, and with `again` as long as anybody reads it.
class RawServer {
 public:
  RawServer(std::string once, std::string again) {
    thread_ = std::thread([this, once = std::move(once), again = std::move(again)] { serve(once, again); });
  }
  ~RawServer() { thread_.join(); }

  ClientOptions options() {
    ClientOptions options;
    options.host = "127.0.0.1", options.port = listening_port(socket_.get()).value(), options.tls = client_;
    return options;
  }

 private:
  bool wait(int fd, short events) const { return waiter_.wait(fd, events, whole_, phase_, whole_).has_value(); }

  void serve(const std::string& once, const std::string& again) {
    if (!wait(socket_.get(), POLLIN)) return;
    const Descriptor peer(::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    const std::unique_ptr<Channel> channel = tls_channel(*server_, peer.get(), Side::server, false);
    const auto carried = [&](const std::function<Step()>& act) {
      Step step = act();
      while (step.state == Step::State::waits && wait(peer.get(), events_of(step.need))) step = act();
      return step;
    };
    Bytes request(4096);
    if (carried([&] { return channel->handshake(); }).state != Step::State::done) return;
    if (carried([&] { return channel->read(request); }).state != Step::State::done) return;
    std::string text = once;
    while (!text.empty()) {
      const Step step = carried([&] { return channel->write(as_bytes(text)); });
      if (step.state != Step::State::done) return;
      text.erase(0, step.bytes);
      if (text.empty()) text = again;
    }
  }

  TestAuthority authority_;
  const Tls server_ = authority_.tls(authority_.host(), {.roles = {Role::daemon}}), client_ = authority_.tls(authority_.host());
  const Descriptor socket_ = listen_on({"127.0.0.1", 0}).value();
  const Waiter waiter_;
  const Deadline whole_{system_clock(), kLimit};
  const Phase phase_{kLimit, "nothing within", "test"};
  std::thread thread_;
};

std::string raw_answer(const std::string& once, const std::string& again = "", Duration limit = kLimit) {
  RawServer server(once, again);
  return text_of(answer_to(server.options(), "/hello", limit));
}

}  // namespace

TEST_CASE("interim answers come before the real one, some of them, in any pieces; without end they end the inquiry") {
  const std::string interim = "HTTP/1.1 102 Processing\r\n\r\n", real = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
  std::string sixteen, thousands;
  for (int i = 0; i < 16; ++i) sixteen += interim;
  for (int i = 0; i < 5000; ++i) thousands += interim;
  CHECK(raw_answer(sixteen + real) == "hello");
  CHECK(raw_answer(sixteen + interim + real) == "corrupt: HOST: malformed answer: too many interim answers");
  CHECK(raw_answer(thousands, thousands) == "corrupt: HOST: malformed answer: too many interim answers");
}

TEST_CASE("an inquiry takes no answer that is cut off, above the maximum or without its size, and none that never ends") {
  CHECK(raw_answer("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell") == "unreachable: HOST: connection closed by the other side");
  CHECK(raw_answer("HTTP/1.1 200 OK\r\ncontent-length: 1048577\r\n\r\n") == "corrupt: HOST: malformed answer: no content-length, or a large one");
  CHECK(raw_answer("HTTP/1.1 200 OK\r\n\r\nhello") == "corrupt: HOST: malformed answer: no content-length, or a large one");
  CHECK(raw_answer("HTTP/1.1 200 OK\r\n", "a: b\r\n") == "corrupt: HOST: malformed answer");
  CHECK(raw_answer("what is this\r\n\r\n").starts_with("corrupt: "));
}

TEST_CASE("an inquiry takes an answer of the maximum, which comes in many steps") {
  const std::string body(kBodyMaxDefault, 'x');
  CHECK(raw_answer("HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body) == body);
}

TEST_CASE("an inquiry gives what the server answers, and its refusals as errors") {
  TestServer server;
  server.start();
  CHECK(text_of(answer_to(server.client_options(), "/hello")) == text_of(server.client().send(request_of("GET", "/hello"), kLimit)));
  CHECK(answer_to(server.client_options(), "/nowhere").error().kind() == ErrorKind::not_found);
  CHECK(answer_to(server.client_options(), "/daemons").error().kind() == ErrorKind::denied);
}

TEST_CASE("an inquiry takes no other server than the one that is meant") {
  TestServer server;
  server.start();
  ClientOptions other = server.client_options();
  other.expected = server.authority.host();
  CHECK(answer_to(other, "/hello").error().text().find("expected host") != std::string::npos);
  ClientOptions role = server.client_options();
  role.expected_role = Role::central;
  CHECK(answer_to(role, "/hello").error().kind() == ErrorKind::denied);
  ClientOptions revoked = server.client_options();
  revoked.check = not_revoked(within_time(system_clock()), [](const std::string&) { return true; });
  CHECK(answer_to(revoked, "/hello").error().text().find("is revoked") != std::string::npos);
  TestAuthority foreign(7);
  ClientOptions stranger = server.client_options();
  stranger.tls = foreign.tls(foreign.host());
  CHECK(answer_to(stranger, "/hello").error().kind() == ErrorKind::denied);
}

TEST_CASE("an inquiry ends: nobody listens, a name for an address, a server that says nothing") {
  TestServer server;
  server.start();
  ClientOptions options = server.client_options();
  options.port = free_port().value();
  CHECK(answer_to(options, "/hello").error().kind() == ErrorKind::unreachable);
  options.host = "a-name.invalid";
  CHECK(answer_to(options, "/hello").error().text().find("is no address") != std::string::npos);
  const SilentServer silent;
  options.host = "127.0.0.1", options.port = silent.port();
  CHECK(answer_to(options, "/hello", std::chrono::milliseconds(100)).error().kind() == ErrorKind::timeout);
}

TEST_CASE("many inquiries go on in one thread, none waits for another") {
  TestServer server;
  constexpr int kAll = 20;
  server.options.workers = kAll;
  std::mutex mutex;
  std::condition_variable met;
  int here = 0;
  server.router.add("GET", "/meet", {Role::agent}, [&](const HttpRequest&) {       // each is answered once all are here
    std::unique_lock lock(mutex);
    if (++here == kAll) met.notify_all();
    return HttpResponse::of_text(met.wait_for(lock, kLimit, [&] { return here == kAll; }) ? 200 : 500, "");
  });
  server.start();
  std::vector<std::unique_ptr<Inquiry>> all;
  for (int i = 0; i < kAll; ++i) all.push_back(std::make_unique<Inquiry>(server.client_options(), request_of("GET", "/meet"), kLimit, system_clock()));
  const Deadline deadline(system_clock(), kLimit);
  while (!deadline.passed() && !std::all_of(all.begin(), all.end(), [](const auto& inquiry) { return inquiry->is_done(); })) {
    std::vector<pollfd> sockets;
    for (const auto& inquiry : all) sockets.push_back(inquiry->is_done() ? pollfd{-1, 0, 0} : inquiry->awaited());
    ::poll(sockets.data(), sockets.size(), 1000);
    for (const auto& inquiry : all)
      if (!inquiry->is_done()) inquiry->go_on();
  }
  for (const auto& inquiry : all) {
    REQUIRE(inquiry->is_done());
    CHECK(inquiry->take().value().status == 200);
  }
}

TEST_CASE("names are looked up, all their addresses, and one that throws takes nobody else along") {
  std::mutex mutex;
  std::condition_variable heard;
  std::map<std::string, NameLookups::Addresses> all;
  {
    NameLookups lookups;
    const auto look_up = [&](const std::string& name) {
      lookups.look_up(name, [&, name](const Result<NameLookups::Addresses>& addresses) {
        const std::lock_guard lock(mutex);
        all[name] = addresses ? *addresses : NameLookups::Addresses{"none"};
        heard.notify_all();
        if (name == "127.0.0.1") throw std::runtime_error("thrown by whoever asked");
      });
    };
    const std::vector<std::string> names{"127.0.0.1", "localhost", "a-name.invalid", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7",
                                         "127.0.0.8", "127.0.0.9", "127.0.0.10"};
    for (const std::string& name : names) look_up(name);
    std::unique_lock lock(mutex);
    REQUIRE(heard.wait_for(lock, std::chrono::seconds(60), [&] { return all.size() == names.size(); }));
  }
  CHECK(all["127.0.0.10"] == NameLookups::Addresses{"127.0.0.10"});
  CHECK(std::all_of(all["localhost"].begin(), all["localhost"].end(), is_address));
  CHECK(all["a-name.invalid"] == NameLookups::Addresses{"none"});
  CHECK(!is_address("localhost"));
  CHECK(is_address("::1"));
}
