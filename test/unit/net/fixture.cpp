#include "test/unit/net/fixture.h"

#include <poll.h>

#include <condition_variable>
#include <mutex>
#include <regex>
#include <thread>

#include "lib/net/connector.h"
#include "lib/net/listener.h"
#include "lib/net/waiter.h"

namespace sparekeep {
namespace {

constexpr Duration kYears = std::chrono::hours(24 * 365 * 10);

HttpResponse wait_for_stop(const HttpRequest& request) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait_for(lock, request.stopping, std::chrono::seconds(5), [] { return false; });
  return HttpResponse::of_text(200, request.stopping.stop_requested() ? "stopping" : "waited");
}

HttpResponse fail(const HttpRequest& request) {
  const std::string& kind = request.parameter("kind");
  if (kind == "exception") throw std::runtime_error("inner secret");
  HttpResponse named;
  named.headers.set(kErrorHeader, kind);
  throw Error(error_of(named).kind(), "it failed as '" + kind + "'");
}

}  // namespace

TestAuthority::TestAuthority(uint64_t seed)
    : random_(seed), authority_(CertificateAuthority::make("test authority", random_, system_clock().now(), kYears)) {}

TlsFiles TestAuthority::files(const HostId& host, const HostOptions& options) {
  KeyPair key = make_tls_key(random_);
  const std::string request = make_request(key.private_pem, "host").value();
  const Time begin = system_clock().now() + options.begins;
  std::string certificate = authority_.issue(request, {host, options.roles}, "host", begin, options.life, random_).value();
  return {std::move(certificate), std::move(key.private_pem), authority_.certificate_pem()};
}

TlsFiles TestAuthority::files_without_certificate() const { return {"", Secret(), authority_.certificate_pem()}; }

TestServer::TestServer() {
  options.tls = authority.tls(id, {.roles = {Role::daemon}});
  options.check = within_time(system_clock());
  options.limits.linger = std::chrono::milliseconds(500);
  const std::set<Role> agents{Role::agent};
  router.add("GET", "/hello", {}, [](const HttpRequest&) { return HttpResponse::of_text(200, "hello"); });
  const auto echo = [](HttpRequest& request) { return HttpResponse::of_bytes(std::move(request.body)); };
  router.add_taking("PUT", "/echo", agents, echo, {kShardBodyMax});
  const auto size = [](const HttpRequest& request) { return HttpResponse::of_text(201, std::to_string(request.body.size())); };
  router.add("PUT", "/size", agents, size, {kShardBodyMax});
  router.add("GET", "/daemons", {Role::daemon, Role::central}, [](const HttpRequest&) { return HttpResponse::of_text(200, "a daemon"); });
  router.add("GET", "/wait", agents, [this](const HttpRequest& request) {
    ++running;
    return wait_for_stop(request);
  });
  router.add("GET", "/slow", agents, [this](const HttpRequest&) {
    ++running;
    system_clock().sleep(std::chrono::milliseconds(300));
    return HttpResponse::of_text(200, "slow");
  });
  router.add("GET", "/fail/{kind}", agents, fail);
  router.add("GET", "/where/{name}", agents, [](const HttpRequest& request) {
    const std::string* q = request.query_value("q");
    return HttpResponse::of_text(200, request.parameter("name") + "|" + (q ? *q : "-") + "|" + request.peer->identity.host.hex());
  });
}

void TestServer::wait_until_running() const {
  for (int i = 0; i < 500 && running == 0; ++i) system_clock().sleep(std::chrono::milliseconds(10));
}

void TestServer::start() {
  server = std::make_unique<HttpServer>(options, router);
  server->start().value();
}

ClientOptions TestServer::client_options() {
  ClientOptions client;
  client.host = "127.0.0.1";
  client.port = server->port();
  client.tls = authority.tls(agent_id);
  client.expected = id;
  return client;
}

HttpRequest request_of(std::string method, std::string path) {
  HttpRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  return request;
}

std::string text_of(const Result<HttpResponse>& response) {
  if (response) return std::string(as_text(response->body));
  const std::string text = std::string(wire_name_of(response.error().kind())) + ": " + response.error().text();
  return std::regex_replace(text, std::regex("127\\.0\\.0\\.1:[0-9]+"), "HOST");
}

std::string raw_exchange(TestServer& server, std::string_view bytes) {
  const Waiter waiter;
  const Deadline whole(system_clock(), std::chrono::seconds(5));
  const Phase phase{std::chrono::seconds(5), "no answer within", "test"};
  const Tls tls = server.authority.tls(server.agent_id);
  const Descriptor socket = connect_tcp({"127.0.0.1", server.server->port()}, waiter, phase, system_clock(), whole).value();
  const std::unique_ptr<Channel> channel = tls_channel(*tls, socket.get(), Side::client, true);
  const auto wait = [&](const Step& step) { return bool(waiter.wait(socket.get(), events_of(step.need), whole, phase, whole)); };
  for (Step step = channel->handshake(); step.state == Step::State::waits && wait(step);) step = channel->handshake();
  std::string answer;
  Bytes buffer(4096);
  while (true) {
    Step step = bytes.empty() ? Step{Step::State::waits, 0, Need::readable} : channel->write(as_bytes(bytes));
    bytes.remove_prefix(step.bytes);
    if (step.state == Step::State::done) continue;
    if (step.state != Step::State::waits) bytes = {};
    step = channel->read(buffer);
    answer += as_text(ByteSpan(buffer).first(step.bytes));
    if (step.state == Step::State::ended || step.state == Step::State::failed) return answer;
    if (step.state == Step::State::waits && !wait(step)) return answer + "<no end>";
  }
}

SilentServer::SilentServer() : socket_(listen_on({"127.0.0.1", 0}).value()), port_(listening_port(socket_.get()).value()) {}

}  // namespace sparekeep
