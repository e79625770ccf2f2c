// Commands before and after a backup, run by /bin/sh -c in the order of the playbook. A failing one before stops the job; those after
// always run, each of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/orders/shell_line.h"

namespace sparekeep::agent {

constexpr int kSkipExitCode = 75;                     // of a hook: skip this run softly

using SkipReason = std::optional<std::string>;         // "hook 'test -e /srv/busy' asks to skip this run"; empty: every hook ran, go on

// failed: "hook 'systemctl stop app' exited with 1: LAST LINES OF ITS OUTPUT"; timeout, interrupted: a hook was ended. A hook without a user runs
// as this process does. What a hook leaves running goes on, and has to keep to its own output.
Result<SkipReason> run_hooks(const std::vector<Hook>& hooks, const Clock& clock, const LineLimits& limits = {});

// Those after a backup: one that fails, or asks to skip what has run, keeps none from running. The first of these is told: "...; 2 hooks behind it failed, too".
Result<SkipReason> run_every_hook(const std::vector<Hook>& hooks, const Clock& clock, const LineLimits& limits = {});

}  // namespace sparekeep::agent
