#include "lib/database/database.h"

#include <map>

#include "lib/base/text.h"
#include "lib/database/schema.h"
#include "lib/database/sqlite.h"

namespace sparekeep {

namespace {

constexpr size_t kCachedStatementsMax = 256;
constexpr const char* kSyncAtOnce = "PRAGMA synchronous = FULL";

void use_write_ahead_log(sqlite3* connection, const Path& path) {
  run_sql(connection, kSyncAtOnce, path);
  if (single_text(connection, "PRAGMA journal_mode = WAL", path) != "wal")
    throw Error(ErrorKind::failed, "database " + in_quotes(path.native()) + ": the file system does not carry a write-ahead log");
}

}  // namespace

struct Database::Connection {
  Path path;
  std::string advice;
  ConnectionHandle handle;
  std::multimap<std::string, PreparedStatement, std::less<>> statements;   // its nodes stay where they are
  bool relaxed = false;                                                    // what is committed does not last, though it should

  void require_lasting();
  PreparedStatement* find(std::string_view sql);
  PreparedStatement* prepare(std::string_view sql);
};

// Nothing is begun that would not last.
void Database::Connection::require_lasting() {
  if (!relaxed) return;
  run_sql(handle.get(), kSyncAtOnce, path);
  relaxed = false;
}

PreparedStatement* Database::Connection::find(std::string_view sql) {
  for (auto [at, end] = statements.equal_range(sql); at != end; ++at)
    if (!at->second.borrowed) return &at->second;
  return nullptr;
}

PreparedStatement* Database::Connection::prepare(std::string_view sql) {
  if (statements.size() >= kCachedStatementsMax) std::erase_if(statements, [](const auto& entry) { return !entry.second.borrowed; });
  sqlite3_stmt* compiled = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(handle.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &compiled, &tail);
  if (code != SQLITE_OK) throw with_advice(database_error(handle.get(), code, path), advice);
  SK_CHECK(compiled && tail == sql.data() + sql.size());   // exactly one statement
  return &statements.emplace(sql, PreparedStatement{StatementHandle(compiled), &path, &advice})->second;
}

Database::Database(const Path& path, const std::vector<std::string>& migrations, const DatabaseOptions& options)
    : connection_(std::make_unique<Connection>()) {
  connection_->path = path;
  connection_->advice = options.advice;
  try {
    open(migrations, options);
  } catch (const Error& error) {
    throw with_advice(error, options.advice);
  }
}

void Database::open(const std::vector<std::string>& migrations, const DatabaseOptions& options) {
  const Path& path = connection_->path;
  const OpenOptions how{.writable = !options.read_only, .busy_timeout = options.busy_timeout, .exclusive = options.exclusive};
  connection_->handle = connect(path, how);
  if (options.made_again && !options.read_only && put_newer_aside(connection_->handle, path, migrations.size())) connection_->handle = connect(path, how);
  sqlite3* handle = connection_->handle.get();
  refuse_newer_schema(handle, path, migrations.size(), options.advice);
  if (options.read_only) {
    refuse_older_schema(handle, path, migrations.size());
  } else {
    use_write_ahead_log(handle, path);
    migrate_schema(handle, path, migrations, options.exclusive);   // before foreign keys hold: it may rebuild a table that others refer to
  }
  run_sql(handle, "PRAGMA foreign_keys = ON", path);
}

Database::~Database() = default;
Database::Database(Database&&) noexcept = default;

Statement Database::statement(std::string_view sql) {
  connection_->require_lasting();
  PreparedStatement* prepared = connection_->find(sql);
  if (!prepared) prepared = connection_->prepare(sql);
  prepared->borrowed = true;
  return Statement(prepared);
}

void Database::run(std::string_view sql) {
  try {
    connection_->require_lasting();
    run_sql(connection_->handle.get(), sql, connection_->path);
  } catch (const Error& error) {
    throw with_advice(error, connection_->advice);
  }
}

int64_t Database::last_row_id() const { return sqlite3_last_insert_rowid(connection_->handle.get()); }

int64_t Database::changed_rows() const { return sqlite3_changes64(connection_->handle.get()); }

const Path& Database::path() const { return connection_->path; }

void Database::check_integrity() {
  Statement check = statement("PRAGMA integrity_check(1)");
  if (check.step() && check.text(0) == "ok") return;
  throw with_advice(Error(ErrorKind::corrupt, "database " + in_quotes(path().native()) + ": " + printable(check.text(0))), connection_->advice);
}

Transaction::Transaction(Database& database, Lasting lasting) : database_(database), lasting_(lasting) {
  SK_CHECK(sqlite3_get_autocommit(database.connection_->handle.get()));   // not nested
  if (lasting_ == Lasting::with_the_next) database.run("PRAGMA synchronous = NORMAL");
  try {
    database.run("BEGIN IMMEDIATE");
  } catch (...) {
    sync_again();
    throw;
  }
}

Transaction::~Transaction() {
  if (!open_) return;
  sqlite3_exec(database_.connection_->handle.get(), "ROLLBACK", nullptr, nullptr, nullptr);   // may be rolled back already
  sync_again();
}

void Transaction::commit() {
  SK_CHECK(open_);
  database_.run("COMMIT");
  open_ = false;
  sync_again();
}

void Transaction::sync_again() noexcept {
  if (lasting_ != Lasting::with_the_next) return;
  Database::Connection& connection = *database_.connection_;
  connection.relaxed = sqlite3_exec(connection.handle.get(), kSyncAtOnce, nullptr, nullptr, nullptr) != SQLITE_OK;
}

}  // namespace sparekeep
