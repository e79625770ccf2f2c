#include "lib/cli/host_tasks.h"

#include <algorithm>
#include <array>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr std::array<TaskState, 5> kStates{TaskState::ok, TaskState::changed, TaskState::failed, TaskState::unreachable,
                                           TaskState::skipped};
constexpr size_t kStateWidth = 11;  // of "unreachable"
constexpr size_t kShownAtWork = 6;

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

Color color_of(TaskState state) {
  switch (state) {
    case TaskState::ok: return Color::green;
    case TaskState::changed: return Color::yellow;
    case TaskState::failed:
    case TaskState::unreachable: return Color::red;
    case TaskState::skipped: return Color::blue;
  }
  return Color::none;
}

int count_of(const std::map<TaskState, int>& tasks, TaskState state) {
  const auto found = tasks.find(state);
  return found == tasks.end() ? 0 : found->second;
}

ConsoleLine line_of(const std::string& host, const TaskDone& done) {
  const std::string_view name = task_state_name(done.state);
  std::string text = std::string(name) + ":" + std::string(kStateWidth - name.size() + 1, ' ') + host + "  " + done.task;
  if (!done.detail.empty()) text.append(": ").append(done.detail);
  return {std::move(text), color_of(done.state)};
}

JsonText json_of(const std::string& host, const TaskDone& done) {
  JsonObject json;
  json.set("type", "task").set("host", host).set("state", task_state_name(done.state)).set("task", done.task);
  if (!done.detail.empty()) json.set("detail", done.detail);
  return json;
}

}  // namespace

std::string_view task_state_name(TaskState state) {
  switch (state) {
    case TaskState::ok: return "ok";
    case TaskState::changed: return "changed";
    case TaskState::failed: return "failed";
    case TaskState::unreachable: return "unreachable";
    case TaskState::skipped: return "skipped";
  }
  return "";
}

bool HostTasks::Counts::failed() const { return count_of(tasks, TaskState::failed) + count_of(tasks, TaskState::unreachable) > 0; }

HostTasks::Counts& HostTasks::counts_of(const std::string& host) {
  const auto found = std::find_if(hosts_.begin(), hosts_.end(), [&](const Counts& counts) { return counts.host == host; });
  if (found != hosts_.end()) return *found;
  hosts_.push_back({host, {}, clock_.boot_time()});
  return hosts_.back();
}

void HostTasks::add_host(const std::string& host) {
  const std::lock_guard lock(mutex_);
  counts_of(host);
}

void HostTasks::begin(const std::string& host) {
  {
    const std::lock_guard lock(mutex_);
    counts_of(host).last = clock_.boot_time();
    working_.insert(host);
  }
  show_progress();
}

void HostTasks::end(const std::string& host) {
  {
    const std::lock_guard lock(mutex_);
    ended_ += working_.erase(host);
    counts_of(host).ended = true;
  }
  show_progress();
}

std::string HostTasks::progress_text() const {
  const std::lock_guard lock(mutex_);
  if (working_.empty()) return "";
  std::vector<std::string> names;
  for (const std::string& host : working_)
    if (names.size() < kShownAtWork) names.push_back(host);
  const std::string more = working_.size() > names.size() ? " and " + std::to_string(working_.size() - names.size()) + " more" : "";
  return std::to_string(ended_) + " of " + std::to_string(hosts_.size()) + " hosts; at work on " + joined(names, ", ") + more;
}

void HostTasks::show_progress() {
  const std::string text = progress_text();
  if (text.empty()) console_.clear_progress();
  else console_.progress(text);
}

bool HostTasks::note(const std::string& host, const TaskDone& done, std::optional<double> seconds) {
  const std::lock_guard lock(mutex_);
  Counts& counts = counts_of(host);
  ++counts.tasks[done.state];
  const Duration now = clock_.boot_time();
  records_.push_back({host, done.task, done.detail, done.state, seconds.value_or(in_seconds(now - counts.last))});
  counts.last = now;
  return !working_.empty();
}

void HostTasks::add(const std::string& host, TaskState state, std::string_view task, std::string_view detail, std::optional<double> seconds) {
  const TaskDone done{state, std::string(task), std::string(detail)};
  const bool working = note(host, done, seconds);
  const ConsoleLine line = line_of(host, done);
  if (state == TaskState::failed || state == TaskState::unreachable) console_.insist(line.text, line.color);
  else console_.say(line.text, line.color);
  console_.json(json_of(host, done));
  if (working) show_progress();
}

void HostTasks::add(const std::string& host, const std::vector<TaskDone>& done) {
  bool working = false;
  std::vector<ConsoleLine> lines;
  std::vector<JsonText> json;
  for (const TaskDone& each : done) {
    working = note(host, each, {});
    lines.push_back(line_of(host, each));
    json.push_back(json_of(host, each));
  }
  console_.say(lines);
  console_.json(json);
  if (working) show_progress();
}

void HostTasks::leave(const std::string& host, std::string_view task, std::string_view why) {
  add(host, TaskState::skipped, task, "not begun: " + std::string(why), 0);
  const std::lock_guard lock(mutex_);
  counts_of(host).left = true;
}

void HostTasks::print_recap() {
  const std::lock_guard lock(mutex_);
  std::vector<Column> columns{{"host"}};
  for (const TaskState state : kStates) columns.push_back({std::string(task_state_name(state)), Align::right});
  TextTable table(columns);
  std::vector<Color> colors;
  for (const Counts& counts : hosts_) {
    std::vector<std::string> row{counts.host};
    for (const TaskState state : kStates) row.push_back(std::to_string(count_of(counts.tasks, state)));
    table.add(std::move(row));
    colors.push_back(counts.failed() ? Color::red : counts.left ? Color::blue : count_of(counts.tasks, TaskState::changed) > 0 ? Color::yellow : Color::green);
  }
  console_.print(table, colors);
}

JsonText HostTasks::hosts_json() const {
  const std::lock_guard lock(mutex_);
  JsonArray hosts;
  for (const Counts& counts : hosts_) {
    JsonObject host;
    host.set("name", counts.host);
    for (const TaskState state : kStates) host.set(task_state_name(state), count_of(counts.tasks, state));
    hosts.add(host);
  }
  return hosts;
}

int HostTasks::total(TaskState state) const {
  const std::lock_guard lock(mutex_);
  int sum = 0;
  for (const Counts& counts : hosts_) sum += count_of(counts.tasks, state);
  return sum;
}

Outcome HostTasks::outcome() const {
  Outcome outcome;
  if (total(TaskState::failed) > 0) outcome.add(ErrorKind::host_failed);
  if (total(TaskState::unreachable) > 0) outcome.add(ErrorKind::unreachable);
  return outcome;
}

std::vector<TaskRecord> HostTasks::records() const {
  const std::lock_guard lock(mutex_);
  return records_;
}

std::set<std::string> HostTasks::failed_hosts() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> hosts;
  for (const Counts& counts : hosts_)
    if (counts.failed()) hosts.insert(counts.host);
  return hosts;
}

std::vector<std::string> HostTasks::not_done() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> hosts;
  for (const Counts& counts : hosts_)
    if (counts.failed() || counts.left) hosts.push_back(counts.host);
  return hosts;
}

std::set<std::string> HostTasks::done_hosts() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> hosts;
  for (const Counts& counts : hosts_)
    if (counts.ended && !counts.failed() && !counts.left) hosts.insert(counts.host);
  return hosts;
}

bool HostTasks::any_changed() const { return total(TaskState::changed) > 0; }

}  // namespace sparekeep
