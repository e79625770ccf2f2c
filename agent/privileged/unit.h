// The two units that hold root's rights, sparekeep-restore@ and sparekeep-hook@: one process an order, started by a connection of the agent.
//
// The caller is not believed. In this order: who connects (the agent's user or root); the order's signature, host and time, by the keys that this
// host pins in files only root can write; that this step of this run was not carried out before (run_register.h). Then the hooks are run, as root or as
// the user that the order names; or a command of which the output is backed up; or the restore: a child that has become the agent's user fetches, opens
// and parses, and this process, left with the capabilities that writing files takes, does below the target what it asks for (target_server.h).
//
// A command's output goes to the caller through a pipe made here. One of the caller's making could be a file that only root may write, and a command
// may open its own output by name.
//
// The caller's closing ends a restore, a command and the hooks before a backup; those after it, which undo what the others did, run to their end.
#pragma once

#include "agent/orders/command_run.h"
#include "agent/orders/hooks.h"
#include "agent/privileged/channel.h"
#include "lib/base/random.h"
#include "lib/host/host_paths.h"

namespace sparekeep::agent {

enum class Unit { restore, hook };

struct UnitWorld {
  HostPaths paths;
  Clock& clock;
  Random& random;
  std::function<bool()> stopped = {};                          // this process is asked to end
  Duration request_within = std::chrono::seconds(10);
  Duration restore_within = kRestoreWithin;
  LineLimits hooks = {};
  LineLimits commands = {.deadline = kCommandWithin};

  static constexpr Duration kRestoreWithin = std::chrono::hours(24 * 7);
};

// Carries out the one order that comes on `connection`, and answers. Error: why it was refused or has failed, as the caller was told.
Result<void> serve_order(Unit unit, Descriptor connection, const UnitWorld& world);

}  // namespace sparekeep::agent
