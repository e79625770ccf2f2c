#include "lib/database/database.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;

// What the linker's --wrap puts before that of SQLite: it refuses one text at will.
int real_exec(void* connection, const char* sql, void* row, void* context, char** message) __asm__("__real_sqlite3_exec");
int refusing_exec(void* connection, const char* sql, void* row, void* context, char** message) __asm__("__wrap_sqlite3_exec");

namespace {

constexpr std::string_view kSyncAtOnce = "PRAGMA synchronous = FULL";

std::atomic<bool>& refuses_to_sync() {
  static std::atomic<bool> refuses = false;
  return refuses;
}

}  // namespace

int refusing_exec(void* connection, const char* sql, void* row, void* context, char** message) {
  constexpr int kNoMemory = 7;
  return refuses_to_sync() && sql == kSyncAtOnce ? kNoMemory : real_exec(connection, sql, row, context, message);
}

namespace {

const std::vector<std::string> kSchema = {
    "CREATE TABLE host (id INTEGER PRIMARY KEY);"
    "CREATE TABLE item (id INTEGER PRIMARY KEY, host INTEGER REFERENCES host (id))"};

int64_t count_of(Database& database, const std::string& table) {
  Statement count = database.statement("SELECT count(*) FROM " + table);
  REQUIRE(count.step());
  return count.integer(0);
}

ErrorKind kind_thrown_by(const auto& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.kind();
  }
  FAIL("nothing was thrown");
  return ErrorKind::failed;
}

}  // namespace

TEST_CASE("a new database is private, logs ahead, syncs fully and holds foreign keys") {
  const TemporaryFolder folder;
  Database database(folder / "a.db", kSchema);
  struct stat facts {};
  REQUIRE(::stat((folder / "a.db").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  const auto setting = [&](const char* pragma) {
    Statement statement = database.statement(pragma);
    REQUIRE(statement.step());
    return statement.text(0);
  };
  CHECK(setting("PRAGMA journal_mode") == "wal");
  CHECK(setting("PRAGMA synchronous") == "2");
  CHECK(setting("PRAGMA foreign_keys") == "1");
  CHECK_THROWS_WITH(database.run("INSERT INTO item VALUES (1, 5)"),
                    "database '" + (folder / "a.db").string() + "': FOREIGN KEY constraint failed");
  CHECK(database.path() == folder / "a.db");
}

TEST_CASE("a transaction is kept by commit and undone without it") {
  const TemporaryFolder folder;
  Database database(folder / "a.db", kSchema);
  {
    Transaction transaction(database);
    database.run("INSERT INTO host VALUES (1)");
    transaction.commit();
  }
  {
    const Transaction transaction(database);
    database.run("INSERT INTO host VALUES (2)");
  }
  CHECK(count_of(database, "host") == 1);
  Database moved = std::move(database);
  CHECK(count_of(moved, "host") == 1);
}

TEST_CASE("what need not last at once is there all the same, and what comes after it is synced again") {
  const TemporaryFolder folder;
  Database database(folder / "a.db", kSchema);
  const auto synchronous = [&] {
    Statement statement = database.statement("PRAGMA synchronous");
    statement.step();
    return statement.integer(0);
  };
  constexpr int64_t kFull = 2, kNormal = 1;
  {
    Transaction transaction(database, Lasting::with_the_next);
    CHECK(synchronous() == kNormal);
    database.run("INSERT INTO host VALUES (1)");
    transaction.commit();
  }
  CHECK(synchronous() == kFull);
  {
    const Transaction transaction(database, Lasting::with_the_next);
    database.run("INSERT INTO host VALUES (2)");
  }
  CHECK(synchronous() == kFull);
  CHECK(count_of(database, "host") == 1);
}

TEST_CASE("where what comes after it is not synced again, nothing is done until it is") {
  const TemporaryFolder folder;
  Database database(folder / "a.db", kSchema);
  {
    Transaction transaction(database, Lasting::with_the_next);
    database.run("INSERT INTO host VALUES (1)");
    refuses_to_sync() = true;
    transaction.commit();
  }
  CHECK_THROWS(database.statement("INSERT INTO host VALUES (2)"));
  CHECK_THROWS(database.run("INSERT INTO host VALUES (2)"));
  CHECK_THROWS(Transaction(database));
  refuses_to_sync() = false;
  CHECK(count_of(database, "host") == 1);
  Statement synchronous = database.statement("PRAGMA synchronous");
  CHECK((synchronous.step() && synchronous.integer(0) == 2));
}

TEST_CASE("a second writer is busy after its timeout, a reader is not") {
  const TemporaryFolder folder;
  Database first(folder / "a.db", kSchema);
  Database second(folder / "a.db", kSchema, {.busy_timeout = std::chrono::milliseconds(10)});
  Transaction transaction(first);
  first.run("INSERT INTO host VALUES (1)");
  CHECK(kind_thrown_by([&] { const Transaction other(second); }) == ErrorKind::busy);
  CHECK_THROWS_WITH(second.run("INSERT INTO host VALUES (2)"),
                    "database '" + (folder / "a.db").string() + "': database is locked; another program has it open: close that, and try again");
  CHECK(count_of(second, "host") == 0);
  transaction.commit();
  CHECK(count_of(second, "host") == 1);
}

TEST_CASE("what was committed is there after the process was killed, what was not is not") {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    Database database(folder / "a.db", kSchema);
    Transaction first(database);
    database.run("INSERT INTO host VALUES (1)");
    first.commit();
    const Transaction second(database);
    database.run("INSERT INTO host VALUES (2)");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  Database database(folder / "a.db", kSchema);
  CHECK(count_of(database, "host") == 1);
  database.check_integrity();
}

TEST_CASE("reading only changes nothing, and needs a file that is there") {
  const TemporaryFolder folder;
  CHECK(kind_thrown_by([&] { Database(folder / "none.db", kSchema, {.read_only = true}); }) == ErrorKind::not_found);
  CHECK_FALSE(std::filesystem::exists(folder / "none.db"));
  { Database(folder / "a.db", kSchema).run("INSERT INTO host VALUES (1)"); }
  Database reader(folder / "a.db", kSchema, {.read_only = true});
  CHECK(count_of(reader, "host") == 1);
  CHECK(kind_thrown_by([&] { reader.run("INSERT INTO host VALUES (2)"); }) == ErrorKind::denied);
}

TEST_CASE("a folder that is not there is not found") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(Database(folder / "none/a.db", kSchema),
                    "opening the database '" + (folder / "none/a.db").string() + "': no such file or directory");
}

TEST_CASE("a file that is no database is corrupt") {
  const TemporaryFolder folder;
  REQUIRE(write_durably(folder / "a.db", Bytes(10'000, 'x')));
  CHECK(kind_thrown_by([&] { Database(folder / "a.db", kSchema); }) == ErrorKind::corrupt);
  CHECK_THROWS_WITH(Database(folder / "a.db", kSchema), "database '" + (folder / "a.db").string() + "': file is not a database");
}

TEST_CASE("what to do about a damaged file stands behind what is wrong with it, and behind nothing else") {
  const TemporaryFolder folder;
  const Path file = folder / "a.db";
  const std::string name = "database '" + file.string() + "': ";
  const DatabaseOptions options{.advice = "move it away"};
  {
    Database database(file, kSchema, options);
    CHECK_THROWS_WITH(database.run("INSERT INTO nowhere VALUES (1)"), name + "no such table: nowhere");
    for (int i = 0; i < 2000; ++i) database.statement("INSERT INTO host VALUES (?1)").bind(1, i).run();
  }
  Bytes bytes = read_file(file, 1 << 24).value();
  std::fill(bytes.begin() + 4096, bytes.end(), uint8_t(0xff));
  REQUIRE(write_durably(file, bytes));
  {
    Database damaged(file, kSchema, options);
    CHECK_THROWS_WITH(damaged.statement("SELECT * FROM host").run(), name + "database disk image is malformed; move it away");
    CHECK_THROWS_WITH(damaged.run("DELETE FROM host"), name + "database disk image is malformed; move it away");
  }
  REQUIRE(write_durably(file, Bytes(10'000, 'x')));
  CHECK_THROWS_WITH(Database(file, kSchema, options), name + "file is not a database; move it away");
}

TEST_CASE("a damaged page is found by the check") {
  const TemporaryFolder folder;
  {
    Database database(folder / "a.db", kSchema);
    for (int i = 0; i < 2000; ++i) database.statement("INSERT INTO host VALUES (?1)").bind(1, i).run();
    database.check_integrity();
  }
  Bytes bytes = read_file(folder / "a.db", 1 << 24).value();
  REQUIRE(bytes.size() > 16'384);
  std::fill(bytes.begin() + 12'288, bytes.begin() + 16'384, uint8_t(0xff));
  REQUIRE(write_durably(folder / "a.db", bytes));
  Database damaged(folder / "a.db", kSchema);
  CHECK(kind_thrown_by([&] { damaged.check_integrity(); }) == ErrorKind::corrupt);
}

TEST_CASE("a full file system is no space") {
  const TemporaryFolder folder;
  Database database(folder / "a.db", kSchema);
  database.run("PRAGMA max_page_count = 4");
  CHECK(kind_thrown_by([&] {
          Transaction transaction(database);
          for (int i = 0; i < 10'000; ++i) database.statement("INSERT INTO host VALUES (?1)").bind(1, i).run();
          transaction.commit();
        }) == ErrorKind::no_space);
  CHECK(count_of(database, "host") == 0);
}
