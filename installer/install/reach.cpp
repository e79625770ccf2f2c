#include "installer/install/reach.h"

#include "installer/install/health.h"
#include "installer/install/one_host.h"
#include "lib/base/text.h"
#include "lib/base/worker_pool.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kTask = "reach";
constexpr size_t kAtOnce = 32, kFailuresShownMax = 5;
constexpr WaitLimits kLimits{.taken = std::chrono::seconds(10), .silent = std::chrono::seconds(30), .whole = std::chrono::minutes(5)};

std::vector<ReachTarget> answering_daemons(RunningCentral& central, Clock& clock) {
  const std::vector<StorageSystem> systems = central.systems();
  std::vector<char> there(systems.size());
  parallel_for(systems.size(), kAtOnce, [&](size_t i) { there[i] = systems[i].port != 0 && answers(central, clock, systems[i]) ? 1 : 0; });
  std::vector<ReachTarget> daemons;
  for (size_t i = 0; i < systems.size(); ++i)
    if (there[i]) daemons.push_back({systems[i].id, systems[i].name, systems[i].address, systems[i].port});
  return daemons;
}

std::string failure_text(const RunResult& result) {
  std::vector<std::string> failures;
  for (const RunError& error : result.errors)
    if (failures.size() < kFailuresShownMax) failures.push_back(printable(error.text) + "; open it or set storage.address");
  if (result.errors.size() > kFailuresShownMax) failures.push_back("and " + std::to_string(result.errors.size() - kFailuresShownMax) + " more");
  return joined(failures, ", ");
}

void check_one(RunningCentral& central, const ReachingHost& host, const std::vector<ReachTarget>& daemons, HostTasks& tasks) {
  Order order;
  order.kind = "reach", order.host = host.id, order.host_name = host.name;
  for (const ReachTarget& daemon : daemons)
    if (daemon.id != host.id) order.reach.systems.push_back(daemon);
  if (order.reach.systems.empty()) return;
  const Result<RunResult> result = central.wait_for(central.enqueue(order), kLimits, {});
  if (!result) return tasks.add(host.name, TaskState::skipped, kTask, result.error().text());
  const bool reached = result->state == "complete";
  tasks.add(host.name, reached ? TaskState::ok : TaskState::failed, kTask, reached ? "" : failure_text(*result));
}

}  // namespace

void check_reach(RunningCentral& central, Clock& clock, const std::vector<ReachingHost>& hosts, HostTasks& tasks) {
  const std::vector<ReachTarget> daemons = hosts.empty() ? std::vector<ReachTarget>() : answering_daemons(central, clock);
  parallel_for(hosts.size(), kAtOnce, [&](size_t i) {
    carry_through_host(tasks, hosts[i].name, [] { return std::string(kTask); }, [&] { check_one(central, hosts[i], daemons, tasks); });
  });
}

}  // namespace sparekeep::central
