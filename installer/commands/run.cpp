#include "installer/commands/central_access.h"
#include "installer/commands/commands.h"
#include "installer/commands/login.h"
#include "installer/install/wake.h"
#include "installer/jobs/order_making.h"
#include "installer/jobs/record_uptake.h"
#include "installer/jobs/registry.h"
#include "installer/jobs/runner.h"
#include "lib/base/text.h"
#include "lib/base/worker_pool.h"
#include "lib/cli/interruption.h"

namespace sparekeep::central {

namespace {

JobEntry job_of(Catalogue& catalogue, const std::string& name) {
  std::optional<JobEntry> job = catalogue.job_named(name);
  if (!job) throw Error(ErrorKind::usage, "job " + in_quotes(name) + " is not registered; sparekeep jobs lists them");
  if (job->retired) throw Error(ErrorKind::usage, "job " + in_quotes(name) + " is retired; declare it again with sparekeep apply");
  if (job->definition.empty()) throw Error(ErrorKind::failed, "what job " + in_quotes(name) + " does was lost with the catalogue; run sparekeep apply once more");
  return std::move(*job);
}

std::vector<Work> works_of(Catalogue& catalogue, const JobEntry& job, const std::optional<std::string>& only) {
  std::vector<Work> works;
  std::vector<std::string> names;
  for (const HostDefinition& host : definition_of(job).hosts) {
    const std::string& name = host.order.host_name;
    names.push_back(name);
    if (only && name != *only) continue;
    const std::optional<HostEntry> known = catalogue.host_named(name);
    if (!known) throw Error(ErrorKind::failed, "host " + in_quotes(name) + " is not known to the central; run sparekeep install");
    works.push_back({.job = job.name, .host = name, .kind = job.kind, .host_id = known->id,
                     .order = [&catalogue, job, host, id = known->id] { return make_order(catalogue, {job, host, id}); }});
  }
  if (works.empty())
    throw Error(ErrorKind::usage, "job " + in_quotes(job.name) + " is not for host " + in_quotes(only.value_or("")) + "; one of " + joined(names, ", ") + " is expected");
  return works;
}

std::vector<Host> hosts_of(const Inventory& inventory, const std::vector<Work>& works) {
  std::vector<Host> hosts;
  for (const Work& work : works)
    if (const Host* host = inventory.find(work.host)) hosts.push_back(*host);
  return hosts;
}

Outcome run(CommandContext& context) {
  check_login_options(context);
  const size_t forks = forks_of(context.arguments);
  std::optional<Inventory> inventory;
  if (!context.arguments.values("inventory").empty()) inventory = required_inventory(context.arguments);
  RunningCentral central(central_options_of(context.arguments, inventory.value_or(Inventory{})), system_clock(), system_random());
  take_up_records(central);
  const JobEntry job = job_of(central.catalogue(), context.arguments.positionals().at(0));
  const std::vector<Work> works = works_of(central.catalogue(), job, context.arguments.value("host"));
  HostTasks tasks(context.console, system_clock());
  HostDoor door(system_clock(), login_options_of(context));
  const std::vector<Host> hosts = inventory ? hosts_of(*inventory, works) : std::vector<Host>();
  RunList runs;
  const auto summary = [&] { return JsonObject().set("type", "summary").set("hosts", tasks.hosts_json()).set("jobs", runs.json()); };
  {
    const LastWords words(context.console, summary);
    parallel_for(2, 2, [&](size_t part) {              // a host that does not let anybody in holds up no other
      if (part == 0) wake_hosts(door, hosts, forks);
      else run_works({central, system_clock(), system_random(), context.console, tasks, runs}, works);
    });
  }
  Outcome outcome;
  for (const JobRun& one : runs.all()) outcome.add(outcome_of(one));
  context.console.print(run_table(runs.all()));
  context.console.json(summary());
  return outcome;
}

}  // namespace

Command run_command() {
  return {.name = "run",
          .group = "Jobs",
          .summary = "run one registered job now",
          .options = with_login_options({{.name = "host", .taking = Taking::value, .value_name = "HOST", .documentation = "only on this host"},
                      {.name = "wait", .documentation = "wait for its end (this version always does)"}}),
          .positionals = {{.name = "JOB", .at_least = 1, .at_most = 1}},
          .example = "  sparekeep run web-content --host web1",
          .run = run};
}

}  // namespace sparekeep::central
