#include "lib/cli/host_tasks.h"

#include <algorithm>
#include <array>

namespace sparekeep {

namespace {

constexpr std::array<TaskState, 5> kStates{TaskState::ok, TaskState::changed, TaskState::failed, TaskState::unreachable,
                                           TaskState::skipped};
constexpr size_t kStateWidth = 11;  // of "unreachable"

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

HostTasks::Counts& HostTasks::counts_of(const std::string& host) {
  const auto found = std::find_if(hosts_.begin(), hosts_.end(), [&](const Counts& counts) { return counts.host == host; });
  if (found != hosts_.end()) return *found;
  hosts_.push_back({host, {}});
  return hosts_.back();
}

void HostTasks::add_host(const std::string& host) {
  const std::lock_guard lock(mutex_);
  counts_of(host);
}

void HostTasks::add(const std::string& host, TaskState state, std::string_view task, std::string_view detail) {
  {
    const std::lock_guard lock(mutex_);
    ++counts_of(host).tasks[state];
  }
  const std::string_view name = task_state_name(state);
  std::string text = std::string(name) + ":" + std::string(kStateWidth - name.size() + 1, ' ') + host + "  ";
  text.append(task);
  if (!detail.empty()) text.append(": ").append(detail);
  console_.say(text, color_of(state));
  JsonObject json;
  json.set("type", "task").set("host", host).set("state", name).set("task", task);
  if (!detail.empty()) json.set("detail", detail);
  console_.json(json);
}

void HostTasks::print_recap() {
  const std::lock_guard lock(mutex_);
  std::vector<Column> columns{{"host"}};
  for (const TaskState state : kStates) columns.push_back({std::string(task_state_name(state)), Align::right});
  TextTable table(columns);
  for (const Counts& counts : hosts_) {
    std::vector<std::string> row{counts.host};
    for (const TaskState state : kStates) row.push_back(std::to_string(count_of(counts.tasks, state)));
    table.add(std::move(row));
  }
  console_.print(table);
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

std::vector<std::string> HostTasks::not_done() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> hosts;
  for (const Counts& counts : hosts_)
    if (count_of(counts.tasks, TaskState::failed) + count_of(counts.tasks, TaskState::unreachable) > 0) hosts.push_back(counts.host);
  return hosts;
}

bool HostTasks::any_changed() const { return total(TaskState::changed) > 0; }

}  // namespace sparekeep
