#include "installer/jobs/runner.h"

#include "installer/install/one_host.h"
#include "installer/jobs/known_snapshots.h"
#include "installer/jobs/snapshot_view.h"
#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/base/worker_pool.h"
#include "lib/wire/json.h"

namespace sparekeep::central {

namespace {

constexpr WaitLimits kLimits{.taken = std::chrono::seconds(60), .silent = std::chrono::minutes(3), .whole = std::chrono::hours(24 * 7)};

// Opened with this vault's key, which goes to the agent sealed to it. A vault of the host's own opens without, too.
Result<void> add_key(const RunnerContext& context, Order& order) {
  if (order.kind != "restore") return {};
  Result<std::string> box = context.central.reseal_key(order.restore.vault, order.run, order.restore.snapshot, order.host);
  if (box) order.restore.key_box = std::move(*box);
  else if (order.restore.source_host != order.host) return box.error();
  return {};
}

Result<Order> ready_order(const RunnerContext& context, const Work& work) {
  if (!context.central.wait_for_agent(work.host_id, kAgentLimit))
    return Error(ErrorKind::unreachable, "the agent did not ask for orders within " + format_duration(kAgentLimit) + "; is it running there?");
  Result<Order> order = work.order();
  if (!order && order.error().kind() == ErrorKind::not_found) check_snapshots_known(context.central);
  if (!order) return order.error();
  order->run = context.random.id<RunId>();
  if (const Result<void> added = add_key(context, *order); !added) return added.error();
  return order;
}

Result<Order> order_of(const RunnerContext& context, const Work& work) {
  try {
    return ready_order(context, work);
  } catch (const std::exception& fault) {
    return error_of(fault);
  }
}

// It was a run of the job, though no host has heard of it: whoever asks how the job goes is told. By hand, snapshots are restored under jobs of backups.
void note_failed_run(const RunnerContext& context, const Work& work, const Error& why) {
  Catalogue& catalogue = context.central.catalogue();
  const std::optional<JobEntry> job = catalogue.job_named(work.job);
  if (work.is_prediction || !job || job->kind != work.kind) return;
  const Time now = context.clock.now();
  RunResult result = result_of(why);
  result.run = context.random.id<RunId>(), result.state = "failed";
  catalogue.put_run({.id = result.run, .job = job->id, .host = work.host_id, .kind = work.kind, .state = result.state, .snapshot = "", .queued = now,
                     .taken = {}, .ended = now, .order = "", .result = to_json(result)});
}

Result<RunResult> carry_out(const RunnerContext& context, const Work& work, ProgressBoard& board) {
  Result<Order> order = order_of(context, work);
  if (!order) {
    const Result<void> noted = caught([&] { note_failed_run(context, work, order.error()); });
    if (!noted) log_warning("noting that a run of " + in_quotes(work.job) + " failed: " + noted.error().text());
    return order.error();
  }
  const RunId run = context.central.enqueue(std::move(*order));
  const RunListener listener{.on_progress = [&](const RunProgress& progress) { board.show(progress); },
                             .on_silence = [&](Time since) {
                               context.console.warn(work.host + ", " + work.kind + " " + work.job + ": the host has not been heard of since " + local_time(since) +
                                                    "; it is waited for, at most " + format_duration(kLimits.silent));
                               board.silent(run, work.host, since);
                             }};
  Result<RunResult> result = context.central.wait_for(run, kLimits, listener);
  board.done(run);
  return result;
}

void print_bounded(Console& console, const std::vector<std::string>& lines, const std::string& what) {
  for (size_t i = 0; i < lines.size() && i < kErrorsShownMax; ++i) console.warn(lines[i]);
  if (lines.size() > kErrorsShownMax) console.warn("... and " + std::to_string(lines.size() - kErrorsShownMax) + " more " + what);
}

void print_result(Console& console, const JobRun& run, bool show_changes) {
  const std::string before = run.host + ", " + task_text(run) + ": ";
  std::vector<std::string> errors, warnings;
  const TaskState state = task_state_of(run);
  const bool told = run.result.errors.size() == 1 && (state == TaskState::failed || state == TaskState::unreachable);   // whole, in the line of its task
  for (const RunError& error : run.result.errors)
    if (!told) errors.push_back(before + (error.path.empty() ? "" : in_quotes(error.path) + ": ") + printable(error.text));
  for (const std::string& warning : run.result.warnings) warnings.push_back(before + printable(warning));
  if (state != TaskState::skipped) print_bounded(console, warnings, "warnings");
  print_bounded(console, errors, "errors");
  if (!show_changes && console.verbosity() == 0) return;
  for (const std::string& change : run.result.changes) console.say("  " + printable(change));
}

JobRun run_work(const RunnerContext& context, const Work& work, ProgressBoard& board) {
  const Duration began = context.clock.boot_time();
  JobRun run{.job = work.job, .host = work.host, .kind = work.kind};
  try {
    Result<RunResult> result = carry_out(context, work, board);
    run.result = result ? std::move(*result) : result_of(result.error());
  } catch (const std::exception& fault) {
    run.result = result_of(error_of(fault));
  }
  run.seconds = std::chrono::duration<double>(context.clock.boot_time() - began).count();
  context.tasks.add(run.host, task_state_of(run), task_text(run), detail_text(run), run.seconds);
  print_result(context.console, run, context.show_changes);
  return run;
}

}  // namespace

void run_works(const RunnerContext& context, const std::vector<Work>& works) {
  struct Queued {
    const Work* work;
    size_t place;
  };
  std::map<std::string, std::vector<Queued>> by_host;
  for (const Work& work : works) {
    JobRun run{.job = work.job, .host = work.host, .kind = work.kind};
    run.result.state = "running";
    by_host[work.host].push_back({&work, context.runs.add(std::move(run))});
  }
  std::vector<std::vector<Queued>> queues;
  for (auto& [host, queue] : by_host) queues.push_back(std::move(queue));
  ProgressBoard board(context.console, context.clock);
  parallel_for(queues.size(), kHostsAtOnce, [&](size_t queue) {
    for (const Queued& next : queues[queue]) context.runs.put(next.place, run_work(context, *next.work, board));
  });
}

}  // namespace sparekeep::central
