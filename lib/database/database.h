// The only door to SQLite: one file, its schema, and the statements that run on it.
//
// A database is in WAL mode with synchronous=FULL, so that what a transaction has committed survives a power cut; foreign
// keys hold. Its schema version is PRAGMA user_version: how many of the program's migrations it has had. A file that a
// newer program wrote is refused, or put aside where its owner can make it again; an older one is copied to `PATH.vN.bak`
// (durable before anything changes) and migrated in one transaction.
//
// Every function here throws Error when the database fails: busy (another connection holds it longer than the timeout),
// corrupt (not a database, or a damaged one), no_space, denied, exists (a uniqueness is violated), failed. A Database and
// what is made from it belong to one thread at a time, and statements and transactions die before their database.
#pragma once

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/files.h"

namespace sparekeep {

struct PreparedStatement;   // SQLite's, kept in the database's cache; defined in sqlite.h

// One run of a statement: bind, step, read columns. It is borrowed from the database's cache and goes back, reset and
// without its values, when this object dies. Parameters are numbered from 1, as in "?1"; columns from 0.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, const char* text) { return bind(parameter, std::string_view(text)); }
  Statement& bind(int parameter, ByteSpan blob);
  template <std::integral Number>
  Statement& bind(int parameter, Number number) {
    if constexpr (std::is_unsigned_v<Number>) SK_CHECK(static_cast<uint64_t>(number) <= INT64_MAX);
    return bind_integer(parameter, static_cast<int64_t>(number));
  }
  Statement& bind_null(int parameter);

  bool step();             // true: there is a row
  void run();              // steps to the end
  Statement& reset();      // ready to run again; values that were bound stay

  bool is_null(int column) const;
  int64_t integer(int column) const;      // 0 when null
  std::string text(int column) const;     // "" when null
  Bytes blob(int column) const;           // empty when null
  std::optional<int64_t> optional_integer(int column) const;
  std::optional<std::string> optional_text(int column) const;

 private:
  friend class Database;
  Statement& bind_integer(int parameter, int64_t number);
  explicit Statement(PreparedStatement* prepared) : prepared_(prepared) {}
  PreparedStatement* prepared_;
};

struct DatabaseOptions {
  Duration busy_timeout = std::chrono::seconds(5);   // how long to wait for another connection's lock
  bool exclusive = false;                            // no other process reads it; opens and reads on a full disk, too: no shared memory file
  std::string advice = {};                           // what to do about a damaged file; stands behind the text of what is corrupt or too new
  bool made_again = false;                           // its owner can fill it anew: a newer one is put aside as PATH.vN.bak, and one begun
  bool read_only = false;                            // nothing is created or migrated; an older schema is refused
};

class Database {
 public:
  // Opens or creates (mode 0600) the file and brings it to schema version migrations.size(); migrations[i] is the SQL
  // that leads from version i to i + 1. Once released, a migration is never edited.
  Database(const Path& path, const std::vector<std::string>& migrations, const DatabaseOptions& options = {});
  ~Database();
  Database(Database&&) noexcept;

  // `sql` is one statement. The same text again takes the compiled statement from the cache.
  Statement statement(std::string_view sql);
  void run(std::string_view sql);          // one or more statements without parameters or rows
  int64_t last_row_id() const;
  int64_t changed_rows() const;            // by the last INSERT, UPDATE or DELETE
  const Path& path() const;

  // Throws corrupt with what SQLite found first, when the file is damaged. Reads the whole file.
  void check_integrity();

 private:
  friend class Transaction;
  struct Connection;
  void open(const std::vector<std::string>& migrations, const DatabaseOptions& options);
  std::unique_ptr<Connection> connection_;
};

// BEGIN IMMEDIATE: the write lock is taken at once, so that a transaction never fails half-way for want of it. Rolled back
// unless commit() was called. Durable when commit() returns, or with the next one that is. Not nested.
enum class Lasting { at_once, with_the_next };

class Transaction {
 public:
  explicit Transaction(Database& database, Lasting lasting = Lasting::at_once);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  void commit();

 private:
  void sync_again() noexcept;
  Database& database_;
  const Lasting lasting_;
  bool open_ = true;
};

}  // namespace sparekeep
