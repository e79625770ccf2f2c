// A database that is lost or damaged, moved aside whole: with its log, where a crash left one.
#pragma once

#include "lib/base/set_aside.h"

namespace sparekeep {

// Nobody has it open. The database goes first: without one SQLite takes no log for its own. Where it lies now; empty where nothing was there.
inline Result<Path> set_database_aside(const Path& database) { return set_aside(database, {"", "-wal", "-shm"}); }

}  // namespace sparekeep
