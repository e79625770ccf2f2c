#include "installer/install/health.h"

#include <algorithm>

#include "installer/central/system_board.h"
#include "installer/install/change_script.h"
#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/net/client.h"
#include "lib/wire/json.h"
#include "lib/wire/paths.h"
#include "lib/wire/shards.h"

namespace sparekeep::central {

namespace {

constexpr Duration kGreetingLimit = std::chrono::seconds(5);
constexpr Duration kBetweenTries = std::chrono::milliseconds(200);
constexpr Duration kRefusalLimit = std::chrono::seconds(3);     // it answers, and does not want to: longer than one that ends goes on

StorageSystem system_of(RunningCentral& central, const HostId& host) {
  std::optional<SystemEntry> entry = central.catalogue().system(host);
  if (!entry) throw Error(ErrorKind::failed, "the central does not know its daemon");
  return std::move(entry->system);
}

Error silent(const HealthWords& words, std::string_view what) {
  return Error(ErrorKind::failed, words.name + " -> central " + to_string(words.central) + ": " + std::string(what) + " within " +
                                      format_duration(kHealthLimit) + "; open it or set [central] address");
}

HttpRequest hello_request() {
  HttpRequest request;
  request.path = std::string(kHelloPath);
  return request;
}

ClientOptions greeting_options(RunningCentral& central, const StorageSystem& system) {
  ClientOptions options{.host = system.address, .port = system.port, .tls = central.tls(), .expected = system.id};
  options.check = central.peer_check();
  options.deadlines = {.connect = kGreetingLimit, .tls = kGreetingLimit, .first_byte = kGreetingLimit, .stall = kGreetingLimit};
  return options;
}

}  // namespace

bool hear_hello(RunningCentral& central, const StorageSystem& system, std::string_view words) {
  const Result<void> heard = caught([&] {
    if (words.size() > kReportMax)
      throw Error(ErrorKind::corrupt, "it has " + std::to_string(words.size()) + " bytes; expected at most " + std::to_string(kReportMax));
    const Hello hello = from_json<Hello>(words).value();
    if (hello.host != system.id) throw Error(ErrorKind::corrupt, "it is another host's");
    if (hello.report) central.take_report(system.id, *hello.report);
  });
  if (!heard) log_warning("the report of " + in_quotes(system.name) + ", by its answer to a greeting: " + heard.error().text());
  return heard.has_value();
}

// The first report of a system proves that it reaches the central, so it comes by a connection of its own; each later one may be an answer.
bool answers(RunningCentral& central, Clock& clock, const StorageSystem& system) {
  HttpRequest request = hello_request();
  const std::shared_ptr<const MasterCopy> master = central.master();
  const bool first = system.reported == Time{};
  if (!first) request.query = {{"report", master->file.version().text()}, {"digest", master->digest.hex()}};
  const Result<HttpResponse> answer = HttpClient(greeting_options(central, system), clock).send(request, kGreetingLimit);
  return answer && (first || hear_hello(central, system, as_text(answer->body)));
}

void wait_for_daemon(RunningCentral& central, Clock& clock, const HostId& host, const std::string& name) {
  HttpClient client(greeting_options(central, system_of(central, host)), clock);
  const Deadline deadline(clock, kHealthLimit);
  std::optional<Deadline> refusing;                        // since the first of the refusals that came one after the other
  while (true) {
    const Result<HttpResponse> answer = client.send(hello_request(), kGreetingLimit);
    if (answer) return;
    const bool refused = answer.error().kind() == ErrorKind::denied;
    if (!refused) refusing.reset();
    else if (!refusing) refusing.emplace(clock, kRefusalLimit);
    if (deadline.passed() || (refusing && refusing->passed()))
      throw Error(ErrorKind::failed, "central -> " + name + ": " + answer.error().text() + (refused ? "" : "; open it or set storage.address"));
    clock.sleep(kBetweenTries);
  }
}

// A daemon reports right after its start, so that this waits for nothing else. One that the central fetched says nothing of the way back.
void wait_for_report(RunningCentral& central, const HostId& host, const HealthWords& words) {
  if (!words.daemon_since && system_of(central, host).reported != Time{}) return;
  if (!central.wait_for_delivered_report(host, words.daemon_since.value_or(Duration{}), kHealthLimit)) throw silent(words, "no report of its daemon");
}

void refuse_unusable_disk(RunningCentral& central, const HostId& host, const std::string& path) {
  const StorageSystem system = system_of(central, host);
  if (system.reported == Time{} || system.capacity_bytes > 0) return;
  throw Error(ErrorKind::failed, "its daemon reports no capacity: " + in_quotes(path) + " cannot be written to, or its disk is not mounted there any more; " +
                                     "look for faults of the disk (dmesg), and mount it there for writing");
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
