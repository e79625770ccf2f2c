// What people call a snapshot: its id, a unique prefix of it, JOB/HOST@latest, or JOB@latest where the job has one host.
#pragma once

#include "installer/central/catalogue.h"

namespace sparekeep::central {

// Throws usage: the text is none of these forms, means several (they are listed), or none.
SnapshotEntry resolve_snapshot(Catalogue& catalogue, std::string_view text);

// The newest snapshot of a job on a host; none: there is no such job, host or snapshot. Throws usage, naming the ids: hosts that only call themselves
// so have some, and several do, or another host has the name.
std::optional<SnapshotEntry> latest_snapshot(Catalogue& catalogue, const std::string& job, const std::string& host);

struct SnapshotPath {
  std::string snapshot;
  std::string path;                          // normal, or empty
};

// "SNAPSHOT[:PATH]"; throws usage for a path that is relative or has "..".
SnapshotPath split_snapshot_path(std::string_view text);

// The name of a host as it is called now; where that is not known, as it calls itself in the snapshot's metadata: for people to read, and never
// enough to choose whom something is given to.
std::string host_name_of(Catalogue& catalogue, const SnapshotEntry& snapshot);

}  // namespace sparekeep::central
