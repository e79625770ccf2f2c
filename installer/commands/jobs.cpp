#include "installer/commands/central_access.h"
#include "installer/commands/commands.h"
#include "installer/jobs/known_snapshots.h"
#include "installer/jobs/late_results.h"
#include "installer/jobs/record_uptake.h"
#include "installer/jobs/snapshot_view.h"
#include "lib/base/text.h"
#include "lib/cli/console.h"
#include "lib/wire/job_definition.h"
#include "lib/wire/json.h"
#include "lib/wire/order.h"
#include "lib/wire/run.h"

namespace sparekeep::central {

namespace {

std::vector<std::string> host_names(Catalogue& catalogue, const JobEntry& job) {
  std::vector<std::string> names;
  for (const HostId& id : job.hosts) {
    const std::optional<HostEntry> host = catalogue.host(id);
    const std::vector<SnapshotEntry> snapshots = host && host->name.empty() ? catalogue.snapshots({.host = id, .job = {}}) : std::vector<SnapshotEntry>();
    names.push_back(!snapshots.empty() ? snapshots.back().metadata.host : host && !host->name.empty() ? host->name : id.hex());
  }
  return names;
}

std::string redundancy_text(const JobEntry& job) {
  if (job.kind != "backup" || job.data == 0) return "";
  if (job.data == 1) return std::to_string(job.parity + 1) + " copies";
  return std::to_string(job.data) + " + " + std::to_string(job.parity);
}

struct LastRun {
  Time began;
  std::string state, error;                // error: of a failed one, as far as it is known
};

constexpr size_t kRunsLookedAt = 100;

// Restores of its snapshots by hand stand under a job, too, and so do predictions: neither is a run of it.
bool is_run_of(const RunEntry& run, const JobEntry& job) {
  if (run.kind != job.kind) return false;
  const Result<SignedOrder> signed_order = from_json<SignedOrder>(run.order);
  const Result<Order> order = signed_order ? from_json<Order>(signed_order->text) : signed_order.error();
  return !order || !order->restore.check_only;
}

// A catalogue that was made again knows no runs, but the snapshots that came of them.
std::optional<LastRun> last_run(Catalogue& catalogue, const JobEntry& job) {
  std::vector<RunEntry> runs = catalogue.runs(job.id, kRunsLookedAt);
  std::erase_if(runs, [&](const RunEntry& run) { return !is_run_of(run, job); });
  if (runs.empty()) {
    const std::vector<SnapshotEntry> snapshots = catalogue.snapshots({.host = {}, .job = job.name});
    if (job.kind != "backup" || snapshots.empty()) return std::nullopt;
    return LastRun{snapshots.back().began, snapshots.back().state(), ""};
  }
  LastRun last{runs.front().queued, runs.front().state, ""};
  const Result<RunResult> result = from_json<RunResult>(runs.front().result);
  if (last.state == "failed" && result && !result->errors.empty()) last.error = result->errors.front().text;
  return last;
}

// Of its first host; others differ in their variables alone.
std::vector<std::string> command_names(const JobEntry& job) {
  std::vector<std::string> names;
  const Result<JobDefinition> definition = from_json<JobDefinition>(job.definition);
  if (!definition || definition->hosts.empty()) return names;
  for (const CommandSource& command : definition->hosts.front().order.backup.commands) names.push_back(command.name);
  return names;
}

JsonText job_json(Catalogue& catalogue, const JobEntry& job, const std::optional<LastRun>& last) {
  JsonObject json;
  json.set("id", job.id.hex()).set("name", job.name).set("playbook", job.playbook).set("kind", job.kind);
  json.set("hosts", host_names(catalogue, job)).set("paths", job.paths).set("commands", command_names(job));
  JsonObject redundancy;
  redundancy.set("data", job.data).set("parity", job.parity);
  json.set("redundancy", job.kind == "backup" ? redundancy.text() : JsonText());
  json.set("schedule", job.schedule.empty() ? JsonText() : JsonText(job.schedule)).set("retired", job.retired);
  json.set("last_run", last ? JsonText(to_rfc3339(last->began)) : JsonText());
  json.set("last_state", last ? JsonText(last->state) : JsonText());
  json.set("last_error", last && !last->error.empty() ? JsonText(last->error) : JsonText());
  return json;
}

Outcome list_jobs(CommandContext& context) {
  RunningCentral central(central_options_of(context.arguments, {}), system_clock(), system_random());
  hear_late_results(central, system_clock());
  take_up_records(central);
  Catalogue& catalogue = central.catalogue();
  if (catalogue.jobs().empty()) check_snapshots_known(central);
  JsonArray json;
  std::vector<std::string> errors;
  TextTable table({{"playbook"}, {"job"}, {"kind"}, {"redundancy"}, {"schedule"}, {"last run"}, {"state"}, {"hosts"}});
  for (const JobEntry& job : catalogue.jobs()) {
    const std::optional<LastRun> last = last_run(catalogue, job);
    json.add(job_json(catalogue, job, last));
    if (job.retired && !context.arguments.flag("all")) continue;
    const std::string state = job.retired ? "retired" : last ? last->state : "";
    if (last && !last->error.empty()) errors.push_back("job " + in_quotes(job.name) + ": " + printable(last->error));
    table.add({job.playbook, job.name, job.kind, redundancy_text(job), job.schedule.empty() ? "at every apply" : job.schedule,
               last ? local_time(last->began) : "never", state, joined(host_names(catalogue, job), " ")});
  }
  context.console.json(json);
  if (table.empty()) context.console.print("no jobs are declared; sparekeep apply PLAYBOOK declares them");
  else context.console.print(table);
  for (const std::string& error : errors) context.console.print(error);
  return {};
}

}  // namespace

Command jobs_command() {
  return {.name = "jobs",
          .group = "Jobs",
          .summary = "list the declared jobs, their redundancy and their last run",
          .options = {{.name = "all", .documentation = "list retired jobs, too"}},
          .example = "  sparekeep jobs --json",
          .run = [](CommandContext& context) { return list_jobs(context); },
          .manual = "--json gives retired jobs, too, with \"retired\": true."};
}

}  // namespace sparekeep::central
