#include "installer/install/health.h"

#include <algorithm>
#include <optional>

#include "installer/install/change_script.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/net/client.h"
#include "lib/wire/paths.h"

namespace sparekeep::central {

namespace {

constexpr Duration kBetweenTries = std::chrono::milliseconds(200), kOneTry = std::chrono::seconds(5);
constexpr Duration kRefusalLimit = std::chrono::seconds(3);     // it answers, and does not want to: longer than one that ends goes on

StorageSystem system_of(RunningCentral& central, const HostId& host) {
  for (StorageSystem& system : central.systems())
    if (system.id == host) return std::move(system);
  throw Error(ErrorKind::failed, "the central does not know its daemon");
}

Error silent(const HealthWords& words, std::string_view what) {
  return Error(ErrorKind::failed, words.name + " -> central " + to_string(words.central) + ": " + std::string(what) + " within " +
                                      format_duration(kHealthLimit) + "; open it or set [central] address");
}

HttpClient client_of(RunningCentral& central, Clock& clock, const StorageSystem& system) {
  ClientOptions options{.host = system.address, .port = system.port, .tls = central.tls(), .expected = system.id};
  options.check = central.peer_check();
  options.deadlines = {.connect = kOneTry, .tls = kOneTry, .first_byte = kOneTry, .stall = kOneTry};
  return HttpClient(std::move(options), clock);
}

Result<HttpResponse> hello(HttpClient& client) {
  HttpRequest request;
  request.path = std::string(kHelloPath);
  return client.send(request, kOneTry);
}

}  // namespace

bool answers(RunningCentral& central, Clock& clock, const StorageSystem& system) {
  HttpClient client = client_of(central, clock, system);
  return hello(client).has_value();
}

void wait_for_daemon(RunningCentral& central, Clock& clock, const HostId& host, const std::string& name) {
  HttpClient client = client_of(central, clock, system_of(central, host));
  const Deadline deadline(clock, kHealthLimit);
  std::optional<Deadline> refusing;                        // since the first of the refusals that came one after the other
  while (true) {
    const Result<HttpResponse> answer = hello(client);
    if (answer) return;
    const bool refused = answer.error().kind() == ErrorKind::denied;
    if (!refused) refusing.reset();
    else if (!refusing) refusing.emplace(clock, kRefusalLimit);
    if (deadline.passed() || (refusing && refusing->passed()))
      throw Error(ErrorKind::failed, "central -> " + name + ": " + answer.error().text() + (refused ? "" : "; open it or set storage.address"));
    clock.sleep(kBetweenTries);
  }
}

void wait_for_first_report(RunningCentral& central, const HostId& host, const HealthWords& words) {
  if (system_of(central, host).reported != Time{}) return;
  if (!central.wait_for_reports({host}, kHealthLimit).empty()) throw silent(words, "no report of its daemon");
}

std::string last_logged(HostAccess& access, const Host& host, Supervision supervision) {
  const Result<std::string> said = output_of(access, {.script = ChangeScript(host, supervision).say_logs(services_of(host)).text(), .limit = kFactsLimit});
  std::vector<std::string> lines;
  for (const std::string& line : split_text(said ? *said : "", '\n'))
    if (!line.empty()) lines.push_back(printable(line));
  return lines.empty() ? "" : "; it logged last: " + joined(lines, "; ");
}

void wait_for_polling_agent(RunningCentral& central, const HostId& host, const HealthWords& words) {
  if (!central.wait_for_agent(host, kHealthLimit, words.since)) throw silent(words, "its agent did not ask for orders");
}

}  // namespace sparekeep::central
