// What happened on each host, task by task: a line as it happens (with --json a line {"type":"task",...}), and the recap.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "lib/cli/console.h"
#include "lib/cli/exit_code.h"

namespace sparekeep {

enum class TaskState { ok, changed, failed, unreachable, skipped };

std::string_view task_state_name(TaskState state);

class HostTasks {
 public:
  explicit HostTasks(Console& console) : console_(console) {}

  void add_host(const std::string& host);  // so that the recap has it even without a task; the order of the recap
  void add(const std::string& host, TaskState state, std::string_view task, std::string_view detail = {});

  void print_recap();                      // for people: a table host ok changed failed unreachable skipped
  JsonText hosts_json() const;             // [{name, ok, changed, failed, unreachable, skipped}]
  Outcome outcome() const;                 // host_failed and unreachable as they occurred
  bool any_changed() const;
  std::vector<std::string> not_done() const;   // hosts with a task that failed, or that were unreachable

 private:
  struct Counts {
    std::string host;
    std::map<TaskState, int> tasks;
  };
  Counts& counts_of(const std::string& host);
  int total(TaskState state) const;

  Console& console_;
  mutable std::mutex mutex_;
  std::vector<Counts> hosts_;
};

}  // namespace sparekeep
