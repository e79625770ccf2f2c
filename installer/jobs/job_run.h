// What a job came to on one host, and what that means for the exit code and for people.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lib/cli/exit_code.h"
#include "lib/cli/host_tasks.h"
#include "lib/cli/json_text.h"
#include "lib/wire/run.h"

namespace sparekeep::central {

struct JobRun {
  std::string job, host, kind;               // "backup", "restore"
  RunResult result;                          // its state: those of RunResult, "unreachable", "would run", "skipped"; "running"
  double seconds = 0;
};

// All runs of a command as far as they have come, for its summary, also of one that is interrupted. Thread safe.
class RunList {
 public:
  size_t add(JobRun run);                    // its place in the list
  void put(size_t at, JobRun run);
  std::vector<JobRun> all() const;
  JsonText json() const;

 private:
  mutable std::mutex mutex_;
  std::vector<JobRun> runs_;
};

// A run that never came to a result of its own: state "unreachable" or "failed", with the error as its only one.
RunResult result_of(const Error& error);

// partial 3, pending and degraded 13; of what failed: lost 14, unreachable 5, denied 12 (what one file was denied counts as failed), all else 4.
Outcome outcome_of(const JobRun& run);

TaskState task_state_of(const JobRun& run);
std::string task_text(const JobRun& run);    // "backup web-content"
std::string detail_text(const JobRun& run);  // "1204 files, 1.3 GiB, 12 MiB new, snapshot 0a1b2c3d4e5f"; of a failure its first error

JsonText run_json(const JobRun& run);        // interfaces.md: a member of `jobs` in the summary of apply
TextTable run_table(const std::vector<JobRun>& runs);

constexpr size_t kErrorsShownMax = 20;       // of one run, to people

}  // namespace sparekeep::central
