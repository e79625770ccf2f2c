#include "installer/jobs/job_run.h"

#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/net/message.h"

namespace sparekeep::central {

namespace {

constexpr size_t kIdShown = 12;
constexpr size_t kUnit = 1000;

// What one error of a failed run weighs. A file whose systems are away cannot be restored now, so it is lost like any other.
ErrorKind weight_of(const JobRun& run, const RunError& error) {
  const ErrorKind kind = kind_of_wire_name(error.kind).value_or(ErrorKind::failed);
  const bool about_file = !error.path.empty();
  const bool away = kind == ErrorKind::unreachable || kind == ErrorKind::timeout;
  if (run.kind == "restore" && (kind == ErrorKind::lost || kind == ErrorKind::corrupt || (about_file && away))) return ErrorKind::lost;
  if (about_file) return ErrorKind::host_failed;
  return away ? ErrorKind::unreachable : kind == ErrorKind::denied ? kind : ErrorKind::host_failed;
}

std::string counted(uint64_t count, const std::string& noun) { return std::to_string(count) + " " + noun + (count == 1 ? "" : "s"); }

std::string in_seconds(double seconds) {
  return format_duration(std::chrono::milliseconds(static_cast<int64_t>(seconds * static_cast<double>(kUnit))));
}

bool failed(const JobRun& run) { return run.result.state == "failed" || run.result.state == "unreachable"; }

}  // namespace

size_t RunList::add(JobRun run) {
  const std::lock_guard lock(mutex_);
  runs_.push_back(std::move(run));
  return runs_.size() - 1;
}

void RunList::put(size_t at, JobRun run) {
  const std::lock_guard lock(mutex_);
  runs_.at(at) = std::move(run);
}

std::vector<JobRun> RunList::all() const {
  const std::lock_guard lock(mutex_);
  return runs_;
}

JsonText RunList::json() const {
  JsonArray jobs;
  for (const JobRun& run : all()) jobs.add(run_json(run));
  return jobs;
}

RunResult result_of(const Error& error) {
  const bool unreachable = error.kind() == ErrorKind::unreachable || error.kind() == ErrorKind::timeout;
  RunResult result{.run = {}, .state = unreachable ? "unreachable" : "failed", .snapshot = {}};
  result.errors.push_back({std::string(wire_name_of(error.kind())), "", error.text()});
  return result;
}

Outcome outcome_of(const JobRun& run) {
  const RunResult& result = run.result;
  Outcome outcome;
  if (result.state == "partial") outcome.add(ErrorKind::partial);
  if (result.state == "degraded" || result.state == "pending") outcome.add(ErrorKind::degraded);
  if (!failed(run)) return outcome;
  if (result.errors.empty()) outcome.add(result.state == "unreachable" ? ErrorKind::unreachable : ErrorKind::host_failed);
  for (const RunError& error : result.errors) outcome.add(weight_of(run, error));
  return outcome;
}

TaskState task_state_of(const JobRun& run) {
  const std::string& state = run.result.state;
  if (state == "failed") return TaskState::failed;
  if (state == "unreachable") return TaskState::unreachable;
  if (state == "skipped" || state == "would run") return TaskState::skipped;
  const bool nothing_written = run.kind == "restore" && run.result.changed == 0;
  return nothing_written ? TaskState::ok : TaskState::changed;
}

std::string task_text(const JobRun& run) { return run.kind + " " + run.job; }

std::string detail_text(const JobRun& run) {
  const RunResult& result = run.result;
  if (failed(run)) {
    if (result.errors.empty()) return "no reason was given";
    const RunError& first = result.errors.front();
    const std::string more = result.errors.size() > 1 ? " (and " + std::to_string(result.errors.size() - 1) + " more)" : "";
    return (first.path.empty() ? "" : printable(first.path) + ": ") + printable(first.text) + more;
  }
  if (result.state == "would run" || result.state == "skipped") return result.warnings.empty() ? result.state : result.warnings.front();
  const std::string size = counted(result.files, "file") + ", " + format_size(result.bytes);
  if (run.kind == "restore") return size + ", " + std::to_string(result.changed) + " changed, " + in_seconds(run.seconds);
  return result.state + ", " + size + ", " + format_size(result.new_bytes) + " new, " + in_seconds(run.seconds) + ", snapshot " +
         result.snapshot.substr(0, kIdShown);
}

JsonText run_json(const JobRun& run) {
  JsonArray errors;
  for (const RunError& error : run.result.errors)
    errors.add(JsonObject().set("kind", error.kind).set("path", error.path).set("text", error.text));
  const RunResult& result = run.result;
  JsonObject json;
  json.set("name", run.job).set("host", run.host).set("kind", run.kind).set("state", result.state);
  json.set("snapshot", result.snapshot.empty() ? JsonText() : JsonText(result.snapshot));
  json.set("bytes", result.bytes).set("new_bytes", result.new_bytes).set("files", result.files).set("changed", result.changed);
  json.set("seconds", run.seconds).set("errors", errors).set("warnings", result.warnings).set("changes", result.changes);
  return json;
}

TextTable run_table(const std::vector<JobRun>& runs) {
  TextTable table({{"job"}, {"host"}, {"state"}, {"files", Align::right}, {"size", Align::right}, {"new", Align::right},
                   {"time", Align::right}, {"snapshot"}});
  for (const JobRun& run : runs)
    table.add({run.job, run.host, run.result.state, std::to_string(run.result.files), format_size(run.result.bytes),
               format_size(run.result.new_bytes), in_seconds(run.seconds), run.result.snapshot.substr(0, kIdShown)});
  return table;
}

}  // namespace sparekeep::central
