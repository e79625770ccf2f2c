#include "lib/database/schema.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/log.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

struct FinishCopy {
  void operator()(sqlite3_backup* handle) const noexcept { sqlite3_backup_finish(handle); }
};

size_t schema_version(sqlite3* connection, const Path& path) {
  const int64_t version = single_integer(connection, "PRAGMA user_version", path);
  if (version >= 0) return static_cast<size_t>(version);
  throw Error(ErrorKind::corrupt, in_quotes(path.native()) + " has schema version " + std::to_string(version));
}

std::string described(const Path& path, size_t version) {
  return in_quotes(path.native()) + " has schema version " + std::to_string(version);
}

Path copy_of(const Path& path, size_t version) { return path.native() + ".v" + std::to_string(version) + ".bak"; }

bool is_empty(sqlite3* connection, const Path& path) {
  return single_integer(connection, "SELECT count(*) FROM sqlite_master", path) == 0;
}

// Reads through a connection of its own: the one that migrates holds the write lock already, so nothing changes under it.
void copy_pages(const Path& from, const Path& to, bool exclusive) {
  const ConnectionHandle source = connect(from, {.writable = false, .exclusive = exclusive});
  const ConnectionHandle target = connect(to, {});
  run_sql(target.get(), "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", to);   // synced as a whole afterwards
  std::unique_ptr<sqlite3_backup, FinishCopy> copy(sqlite3_backup_init(target.get(), "main", source.get(), "main"));
  const int code = copy ? sqlite3_backup_step(copy.get(), -1) : sqlite3_errcode(target.get());
  copy.reset();
  if (code != SQLITE_DONE) throw database_error(target.get(), code, to);
}

void publish_copy(const Path& temporary, const Path& final_name) {
  const Descriptor file(::open(temporary.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || ::fsync(file.get()) != 0) throw system_error("syncing " + in_quotes(temporary.native()), errno);
  if (::rename(temporary.c_str(), final_name.c_str()) != 0) throw system_error("renaming to " + in_quotes(final_name.native()), errno);
  sync_folder(final_name.parent_path()).value();
}

void keep_copy(const Path& path, size_t version, bool exclusive) {
  const Path final_name = copy_of(path, version);
  const Path temporary = final_name.native() + ".new";
  ::unlink(temporary.c_str());
  try {
    copy_pages(path, temporary, exclusive);
    publish_copy(temporary, final_name);
  } catch (const Error& error) {
    ::unlink(temporary.c_str());
    throw error.during("keeping a copy of " + in_quotes(path.native()) + " before its schema changes");
  }
}

void run_migrations(sqlite3* connection, const Path& path, const std::vector<std::string>& migrations, bool exclusive) {
  const size_t from = schema_version(connection, path);   // under the lock: another program may have been first
  if (from >= migrations.size()) return refuse_newer_schema(connection, path, migrations.size());
  if (!is_empty(connection, path)) keep_copy(path, from, exclusive);
  for (size_t i = from; i < migrations.size(); ++i) run_sql(connection, migrations[i], path);
  if (single_integer(connection, "SELECT count(*) FROM pragma_foreign_key_check", path) != 0)
    throw Error(ErrorKind::corrupt, "rows refer to others that are not there");
  run_sql(connection, "PRAGMA user_version = " + std::to_string(migrations.size()), path);
}

}  // namespace

void refuse_newer_schema(sqlite3* connection, const Path& path, size_t version_known, const std::string& advice) {
  const size_t version = schema_version(connection, path);
  if (version <= version_known) return;
  throw Error(ErrorKind::unsupported, described(path, version) + ", this program knows up to " + std::to_string(version_known) +
                                          "; use the program that wrote it" + (advice.empty() ? "" : ", or " + advice));
}

// Closed, its log is part of it, unless the disk is full. The database goes first: without one SQLite takes no log for its own.
bool put_newer_aside(ConnectionHandle& connection, const Path& path, size_t version_known) {
  const size_t version = schema_version(connection.get(), path);
  if (version <= version_known) return false;
  connection.reset();
  const Path aside = copy_of(path, version);
  const auto log_of = [](const Path& file) { return file.native() + "-wal"; };
  ::unlink(log_of(aside).c_str());
  if (::rename(path.c_str(), aside.c_str()) != 0) throw system_error("renaming to " + in_quotes(aside.native()), errno);
  if (::rename(log_of(path).c_str(), log_of(aside).c_str()) != 0 && errno != ENOENT) throw system_error("renaming to " + in_quotes(log_of(aside)), errno);
  sync_folder(path.parent_path()).value();
  log_warning(described(path, version) + ", this program knows up to " + std::to_string(version_known) + ": it is kept as " + in_quotes(aside.native()) +
              ", and made again");
  return true;
}

void refuse_older_schema(sqlite3* connection, const Path& path, size_t version_known) {
  const size_t version = schema_version(connection, path);
  if (version >= version_known) return;
  throw Error(ErrorKind::unsupported, described(path, version) + ", this program reads " + std::to_string(version_known) +
                                          "; open it once for writing, which migrates it");
}

void migrate_schema(sqlite3* connection, const Path& path, const std::vector<std::string>& migrations, bool exclusive) {
  const size_t from = schema_version(connection, path);
  if (from == migrations.size()) return;
  run_sql(connection, "BEGIN IMMEDIATE", path);
  try {
    run_migrations(connection, path, migrations, exclusive);
    run_sql(connection, "COMMIT", path);
  } catch (const Error& error) {
    sqlite3_exec(connection, "ROLLBACK", nullptr, nullptr, nullptr);
    throw error.during("migrating " + in_quotes(path.native()) + " from schema version " + std::to_string(from) + " to " +
                       std::to_string(migrations.size()));
  }
}

}  // namespace sparekeep
