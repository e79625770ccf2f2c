// What happened on each host, task by task: a line as it happens (with --json a line {"type":"task",...}), on a terminal how many hosts are done and
// which are worked on, and the recap. Thread safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/cli/console.h"
#include "lib/cli/exit_code.h"

namespace sparekeep {

enum class TaskState { ok, changed, failed, unreachable, skipped };

std::string_view task_state_name(TaskState state);

struct TaskRecord {
  std::string host, task, detail;
  TaskState state = TaskState::ok;
  double seconds = 0;                      // since the task of this host before it, or since the host was begun: what one script does counts with its first
};

struct TaskDone {
  TaskState state = TaskState::ok;
  std::string task, detail = {};
};

class HostTasks {
 public:
  HostTasks(Console& console, const Clock& clock) : console_(console), clock_(clock) {}

  void add_host(const std::string& host);  // so that the recap has it even without a task; the order of the recap
  void begin(const std::string& host);     // it is worked on from now on
  void end(const std::string& host);
  void add(const std::string& host, TaskState state, std::string_view task, std::string_view detail = {}, std::optional<double> seconds = {});
  void add(const std::string& host, const std::vector<TaskDone>& done);   // that ended together, none of them by a failure
  void leave(const std::string& host, std::string_view task, std::string_view why);   // not begun: skipped, and yet not done

  void print_recap();                      // for people: a table host ok changed failed unreachable skipped
  JsonText hosts_json() const;             // [{name, ok, changed, failed, unreachable, skipped}]
  std::vector<TaskRecord> records() const; // as they came
  Outcome outcome() const;                 // host_failed and unreachable as they occurred
  bool any_changed() const;
  std::set<std::string> failed_hosts() const;  // with a task that failed, or that were unreachable
  std::vector<std::string> not_done() const;   // those, and the ones that were not begun
  std::set<std::string> done_hosts() const;    // that were ended, and are none of those

 private:
  struct Counts {
    std::string host;
    std::map<TaskState, int> tasks;
    Duration last{};                       // when its last task ended, or it was begun
    bool left = false, ended = false;
    bool failed() const;
  };
  Counts& counts_of(const std::string& host);
  bool note(const std::string& host, const TaskDone& done, std::optional<double> seconds);   // true: some are worked on
  int total(TaskState state) const;
  std::string progress_text() const;
  void show_progress();

  Console& console_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<Counts> hosts_;
  std::vector<TaskRecord> records_;
  std::set<std::string> working_;
  size_t ended_ = 0;
};

}  // namespace sparekeep
