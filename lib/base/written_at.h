// When a file was written last, as the clock that this host had then said it: to be compared with Clock::now(), not with another host's.
#pragma once

#include "lib/base/clock.h"
#include "lib/base/files.h"

namespace sparekeep {

Result<Time> written_at(const Path& path);             // a symlink is followed

}  // namespace sparekeep
