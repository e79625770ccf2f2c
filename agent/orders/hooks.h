// Commands before and after a backup, run by /bin/sh -c in the order of the playbook. A failing one before stops the job; those after always run.
#pragma once

#include <vector>

#include "lib/base/error.h"
#include "lib/wire/order.h"

namespace sparekeep::agent {

constexpr int kSkipExitCode = 75;                     // of a hook: skip this run softly

// failed: "hook 'systemctl stop app' exited with 1: LAST LINES OF ITS OUTPUT"; closed: a hook asked to skip this run.
Result<void> run_hooks(const std::vector<Hook>& hooks);

}  // namespace sparekeep::agent
