#include "agent/orders/backup_order.h"
#include "lib/base/worker_pool.h"
#include "lib/net/client.h"
#include "lib/wire/paths.h"

namespace sparekeep::agent {

namespace {

constexpr Duration kOneTry = std::chrono::seconds(5);
constexpr size_t kAtOnce = 16;

// Over the way that backups and restores go: the same address, certificate and checks.
Result<void> say_hello(const ReachTarget& system, const AgentHost& host) {
  ClientOptions options{.host = system.address, .port = system.port, .tls = host.tls, .expected = system.id, .check = host.daemon_check()};
  options.deadlines = {.connect = kOneTry, .tls = kOneTry, .first_byte = kOneTry, .stall = kOneTry};
  HttpClient client(std::move(options), host.clock);
  HttpRequest hello;
  hello.path = std::string(kHelloPath);
  const Result<HttpResponse> answer = client.send(hello, kOneTry);
  if (answer) return {};
  std::string reason = answer.error().text();
  if (const std::string address = client.name() + ": "; reason.starts_with(address)) reason.erase(0, address.size());
  return Error(answer.error().kind(), reason == "connection refused" ? " refused" : ": " + reason);
}

}  // namespace

RunResult run_reach_order(const Order& order, AgentHost& host) {
  const std::vector<ReachTarget>& systems = order.reach.systems;
  std::vector<Result<void>> answers(systems.size());
  parallel_for(systems.size(), kAtOnce, [&](size_t i) { answers[i] = say_hello(systems[i], host); });
  RunResult result{.run = order.run, .state = "complete"};
  for (size_t i = 0; i < systems.size(); ++i) {
    if (answers[i]) continue;
    result.state = "failed";
    result.errors.push_back({std::string(wire_name_of(answers[i].error().kind())), "",
                             order.host_name + " -> " + systems[i].name + ":" + std::to_string(systems[i].port) + answers[i].error().text()});
  }
  return result;
}

}  // namespace sparekeep::agent
