// Memory of our programs holds keys: none of them leaves a core.
#pragma once

namespace sparekeep {

// First in main; programs that it starts inherit it. By the limit alone, soft and hard: a process that is not dumpable
// (PR_SET_DUMPABLE) has a /proc that only root reads, and local hosts of an ordinary user, who looks there for what runs, would not find it.
void forbid_core_dumps();

}  // namespace sparekeep
