// Giving up rights, by the kernel's own calls. What is given up here never comes back to this process or to what it starts.
#pragma once

#include <sys/types.h>

#include "lib/base/error.h"

namespace sparekeep::agent {

// Of root's capabilities only those that a restore needs: owners, modes, devices, flags, trusted and security attributes of any file, and ending its child.
// Nothing that is started gains any. Does nothing but the last where this process is not root.
Result<void> keep_restore_capabilities();

// Becomes an ordinary user for good: no capability, no other group, no setuid program helps; dies with its parent; nobody may trace it.
Result<void> become_user(uid_t uid, gid_t gid, pid_t parent);

}  // namespace sparekeep::agent
