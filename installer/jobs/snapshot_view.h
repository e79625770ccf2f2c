// A snapshot as --json prints it (interfaces.md, "Output"), and times as people read them.
#pragma once

#include "installer/central/catalogue.h"
#include "lib/cli/json_text.h"

namespace sparekeep::central {

// id, job, host, time, files, bytes, new_bytes, state, and what else is known at a glance.
JsonText snapshot_json(const SnapshotEntry& snapshot, const std::string& host);

// A moment in local time for people: "2026-11-22 21:05:07"; "never" for 0.
std::string local_time(Time time);

// The whole second metadata: the same members, then systems, types, extensions, owners, privileges, redundancy, paths.
JsonText snapshot_detail_json(const SnapshotEntry& snapshot, const std::string& host);

}  // namespace sparekeep::central
