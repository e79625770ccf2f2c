// What a backup's order leaves out, as the walk asks for it.
#pragma once

#include "agent/source/walk.h"
#include "lib/wire/order.h"

namespace sparekeep::agent {

// Reads the order's exclude files. not_found, usage: one is missing, or no list of patterns; usage: "source '/srv/cache' is left out by the job's own
// patterns; nothing was backed up", because a pattern that fits a folder fits all below it.
Result<WalkOptions> walk_options(const BackupOrder& order);

// Of sources that are perhaps not what was meant: "source '/data' is a symbolic link, ...". And of exclude files that others can write.
std::vector<std::string> source_warnings(const BackupOrder& order);

}  // namespace sparekeep::agent
