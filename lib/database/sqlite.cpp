#include "lib/database/sqlite.h"

#include <fcntl.h>

#include <cerrno>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

// What the operating system said under an error of input and output.
ErrorKind kind_of_system(int error_number) {
  return error_number == 0 ? ErrorKind::failed : system_error("", error_number).kind();
}

ErrorKind kind_of(int extended_code, int error_number) {
  if (extended_code == SQLITE_CONSTRAINT_UNIQUE || extended_code == SQLITE_CONSTRAINT_PRIMARYKEY) return ErrorKind::exists;
  switch (extended_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorKind::busy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorKind::corrupt;
    case SQLITE_FULL: return ErrorKind::no_space;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY: return ErrorKind::denied;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: return kind_of_system(error_number);
    default: return ErrorKind::failed;   // foreign value: SQLite's codes grow
  }
}

// SQLite makes a new file with 0644 less the umask; what stands in ours is for its owner only.
void create_private(const Path& path) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) throw system_error("opening the database " + in_quotes(path.native()), errno);
}

StatementHandle first_row(sqlite3* connection, std::string_view sql, const Path& path) {
  sqlite3_stmt* handle = nullptr;
  int code = sqlite3_prepare_v2(connection, sql.data(), static_cast<int>(sql.size()), &handle, nullptr);
  StatementHandle statement(handle);
  if (code == SQLITE_OK) code = sqlite3_step(handle);
  if (code != SQLITE_ROW) throw database_error(connection, code, path);
  return statement;
}

}  // namespace

Error database_error(sqlite3* connection, int code, const Path& path) {
  const int extended = connection ? sqlite3_extended_errcode(connection) : code;
  const int error_number = connection ? sqlite3_system_errno(connection) : 0;
  std::string text = connection ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  const ErrorKind kind = kind_of(extended, error_number);
  if (kind == ErrorKind::busy) text += "; another program has it open: close that, and try again";
  return Error(kind, text).during("database " + in_quotes(path.native()));
}

Error with_advice(const Error& error, const std::string& advice) {
  if (error.kind() != ErrorKind::corrupt || advice.empty()) return error;
  return Error(error.kind(), error.text() + "; " + advice);
}

ConnectionHandle connect(const Path& path, OpenOptions options) {
  if (options.writable) create_private(path);
  const int flags = (options.writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, options.exclusive ? "unix-excl" : nullptr);
  ConnectionHandle connection(handle);
  if (code != SQLITE_OK) throw database_error(handle, code, path);
  sqlite3_busy_timeout(handle, static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(options.busy_timeout).count()));
  return connection;
}

void run_sql(sqlite3* connection, std::string_view sql, const Path& path) {
  const int code = sqlite3_exec(connection, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw database_error(connection, code, path);
}

int64_t single_integer(sqlite3* connection, std::string_view sql, const Path& path) {
  return sqlite3_column_int64(first_row(connection, sql, path).get(), 0);
}

std::string single_text(sqlite3* connection, std::string_view sql, const Path& path) {
  const StatementHandle row = first_row(connection, sql, path);
  const unsigned char* text = sqlite3_column_text(row.get(), 0);
  return text ? reinterpret_cast<const char*>(text) : "";
}

}  // namespace sparekeep
