// The lock time in force: the longest that this daemon was ever started with, kept beside its other state. The central, and
// whoever holds the inventory, can make it longer; only a person at this host makes it shorter, with `sparekeepd lower-lock`.
#pragma once

#include "lib/base/clock.h"
#include "lib/base/files.h"

namespace sparekeep::daemon {

// The longer of `declared` and what is kept, which is raised to it. Where what is kept cannot be read, nothing is ever let go.
Duration raise_lock(const Path& state, Duration declared);

Result<Duration> kept_lock(const Path& state);                 // not_found before the first start; corrupt
Result<void> lower_lock(const Path& state, Duration to);       // from the next start on

}  // namespace sparekeep::daemon
