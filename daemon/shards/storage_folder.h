// Whether a folder may become the one of shards: everything in it belongs to the daemon from then on.
#pragma once

#include "lib/base/files.h"

namespace sparekeep::daemon {

// exists: it holds files that are not ours, or lies in the folder of other shards. One that has a marker has been judged before.
Result<void> refuse_others_folder(const Path& folder);

}  // namespace sparekeep::daemon
