// What a host remembers of jobs that are not run any more: their memories would be read by every backup of the vault's other jobs, for ever.
#pragma once

#include "lib/base/files.h"
#include "lib/base/id.h"

namespace sparekeep::agent {

constexpr auto kRetiredAfter = std::chrono::days(200);   // a job that runs each quarter keeps its memory

// Removes all files JOB.* from the vault's folder of jobs whose newest one is that much older than the newest of all, and than now: what was written while the
// clock was far ahead, or is read while it is far behind, makes nobody retired. `own` stays in any case. By whoever holds the lock of the vault.
void remove_retired_jobs(const Path& folder, const JobId& own);

}  // namespace sparekeep::agent
