// The schema version of a database file, and the way from an older one to the program's.
//
// Order of writes: the copy `PATH.vN.bak` is complete and durable before the first migration runs; all migrations and the
// new version are one transaction. So a crash at any point leaves the old schema or the new one, never one between.
#pragma once

#include "lib/database/sqlite.h"

namespace sparekeep {

// Refuses a file that a newer program wrote, before anything of it is changed. `advice`: what else can be done.
void refuse_newer_schema(sqlite3* connection, const Path& path, size_t version_known, const std::string& advice = {});

// What a newer program wrote, of which this connection is the only one, becomes `PATH.vN.bak`, durably; true: nothing stands at `path` any more.
bool put_newer_aside(ConnectionHandle& connection, const Path& path, size_t version_known);

void refuse_older_schema(sqlite3* connection, const Path& path, size_t version_known);   // for reading only

// Does nothing when the version is migrations.size() already. Two programs that begin at once migrate one after the other.
// exclusive: as the connection was opened.
void migrate_schema(sqlite3* connection, const Path& path, const std::vector<std::string>& migrations, bool exclusive = false);

}  // namespace sparekeep
