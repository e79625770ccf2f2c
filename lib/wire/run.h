// What an agent tells the central of a run: POST /v1/runs/RUN/progress and PUT /v1/runs/RUN/result, role agent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/id.h"

namespace sparekeep {

struct RunProgress {
  RunId run;
  std::string phase;                 // "before", "backup", "commit", "plan", "restore", "verify", "after"
  uint64_t files = 0, files_total = 0;
  uint64_t bytes = 0, bytes_total = 0;
  uint64_t new_bytes = 0;            // sent, before redundancy
};

struct RunError {
  std::string kind;                  // a name of ErrorKind (wire_name_of): "partial", "lost", "unreachable", ...
  std::string path;                  // the file it is about, or empty
  std::string text;                  // the whole message
};

struct RunResult {
  RunId run;
  std::string state;                 // complete, partial, degraded, pending (record waits on the host), failed; restore: complete, failed
  std::string snapshot;              // hex, or empty
  uint64_t files = 0, bytes = 0, new_bytes = 0;
  uint64_t changed = 0;              // restore: entries written, changed or removed (with check_only: that would be)
  int64_t milliseconds = 0;
  std::vector<std::string> changes;  // restore with check_only or diff: a line each, at most kRunChangesMax
  std::vector<RunError> errors;      // at most kRunErrorsMax, then one that counts the rest
  std::vector<std::string> warnings; // systems passed over, owners that could not be set, ...
};

constexpr size_t kRunErrorsMax = 1000;
constexpr size_t kRunChangesMax = 10000;

}  // namespace sparekeep
