// SQLite's handles and errors, for this folder's sources only.
#pragma once

#include <sqlite3.h>

#include <memory>

#include "lib/database/database.h"

namespace sparekeep {

struct CloseConnection {
  void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
};
using ConnectionHandle = std::unique_ptr<sqlite3, CloseConnection>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* handle) const noexcept { sqlite3_finalize(handle); }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

// A compiled statement in a connection's cache; at most one Statement borrows it at a time.
struct PreparedStatement {
  StatementHandle handle;
  const Path* path;         // of the database, for messages
  const std::string* advice;
  bool borrowed = false;
};

struct OpenOptions {
  bool writable = true;     // false: nothing is created or changed
  Duration busy_timeout = std::chrono::seconds(5);
  bool exclusive = false;   // of this process, whose connections share their index in memory and not in a file
};

ConnectionHandle connect(const Path& path, OpenOptions options);       // a new file gets mode 0600; throws
Error with_advice(const Error& error, const std::string& advice);      // behind what is corrupt
Error database_error(sqlite3* connection, int code, const Path& path);
void run_sql(sqlite3* connection, std::string_view sql, const Path& path);   // throws

// First column of the first row; throw when there is none.
int64_t single_integer(sqlite3* connection, std::string_view sql, const Path& path);
std::string single_text(sqlite3* connection, std::string_view sql, const Path& path);

}  // namespace sparekeep
