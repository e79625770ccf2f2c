#include <unistd.h>

#include "lib/database/database.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;

namespace {

const std::string kFirst = "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)";
const std::string kSecond = "ALTER TABLE item ADD COLUMN size INTEGER NOT NULL DEFAULT 0; CREATE INDEX item_name ON item (name)";
const std::string kThird = "UPDATE item SET size = length(name)";

int64_t integer_of(Database& database, std::string_view sql) {
  Statement statement = database.statement(sql);
  REQUIRE(statement.step());
  return statement.integer(0);
}

Path beside(const Path& path, const std::string& suffix) { return path.native() + suffix; }

void make_old(const Path& path) { Database(path, {kFirst}).run("INSERT INTO item VALUES (1, 'one')"); }

}  // namespace

TEST_CASE("a new database gets the whole schema and needs no copy") {
  const TemporaryFolder folder;
  Database database(folder / "a.db", {kFirst, kSecond, kThird});
  CHECK(integer_of(database, "PRAGMA user_version") == 3);
  CHECK_FALSE(std::filesystem::exists(folder / "a.db.v0.bak"));
}

TEST_CASE("an older database is migrated, and a copy of it kept") {
  const TemporaryFolder folder;
  make_old(folder / "a.db");
  {
    Database database(folder / "a.db", {kFirst, kSecond, kThird});
    CHECK(integer_of(database, "PRAGMA user_version") == 3);
    CHECK(integer_of(database, "SELECT size FROM item WHERE id = 1") == 3);
  }
  CHECK(list_folder(folder.path()).value() == std::vector<std::string>{"a.db", "a.db.v1.bak"});
  Database copy(folder / "a.db.v1.bak", {kFirst});
  copy.check_integrity();
  CHECK(integer_of(copy, "SELECT count(*) FROM item WHERE name = 'one'") == 1);
}

TEST_CASE("the copy holds what still stands in the log of a program that was killed") {
  const TemporaryFolder folder;
  make_old(folder / "a.db");
  Database held(folder / "a.db", {kFirst});
  held.run("INSERT INTO item VALUES (2, 'two')");   // in the log: no one has closed the file
  REQUIRE(std::filesystem::file_size(folder / "a.db-wal") > 0);
  const Database migrated(folder / "a.db", {kFirst, kSecond});
  Database copy(folder / "a.db.v1.bak", {kFirst});
  CHECK(integer_of(copy, "SELECT count(*) FROM item") == 2);
}

TEST_CASE("the same version opens without a change") {
  const TemporaryFolder folder;
  make_old(folder / "a.db");
  { Database(folder / "a.db", {kFirst}); }
  CHECK(list_folder(folder.path()).value() == std::vector<std::string>{"a.db"});
}

TEST_CASE("a newer database is refused, and nothing of it changed") {
  const TemporaryFolder folder;
  {
    Database database(folder / "a.db", {kFirst});
    database.run("PRAGMA user_version = 7");
  }
  const Bytes before = read_file(folder / "a.db", 1 << 20).value();
  try {
    Database(folder / "a.db", {kFirst, kSecond, kThird});
    FAIL("opened");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::unsupported);
    CHECK(error.text() ==
          "'" + (folder / "a.db").string() + "' has schema version 7, this program knows up to 3; use the program that wrote it");
  }
  CHECK(read_file(folder / "a.db", 1 << 20).value() == before);
}

TEST_CASE("a newer one that can be made again is put aside, with what still stands in its log, and begun anew") {
  const TemporaryFolder folder;
  const auto open_old = [&] { return Database(folder / "a.db", {kFirst, kSecond}, {.exclusive = true, .made_again = true}); };
  { open_old().run("INSERT INTO item VALUES (1, 'one', 1)"); }
  const std::vector<std::string> newer{kFirst, kSecond, kThird};
  {
    Database held(folder / "a.db", newer);
    held.run("INSERT INTO item VALUES (2, 'two', 3)");
    for (const char* end : {"", "-wal"})             // as a program leaves them that was killed
      std::filesystem::copy_file(beside(folder / "a.db", end), beside(folder / "killed", end));
  }
  for (const char* end : {"", "-wal"}) std::filesystem::rename(beside(folder / "killed", end), beside(folder / "a.db", end));
  {
    Database again = open_old();
    CHECK(integer_of(again, "PRAGMA user_version") == 2);
    CHECK(integer_of(again, "SELECT count(*) FROM item") == 0);
    again.run("INSERT INTO item VALUES (5, 'five', 5)");
  }
  CHECK(integer_of(*std::make_unique<Database>(folder / "a.db.v3.bak", newer), "SELECT count(*) FROM item") == 2);
  { CHECK(integer_of(*std::make_unique<Database>(open_old()), "SELECT count(*) FROM item") == 1); }
  const Database forward(folder / "a.db", newer);    // the newer program comes again
  CHECK(integer_of(*std::make_unique<Database>(folder / "a.db.v2.bak", std::vector{kFirst, kSecond}), "SELECT id FROM item") == 5);
}

TEST_CASE("nothing is put aside where it may only be read") {
  const TemporaryFolder folder;
  { const Database newer(folder / "a.db", {kFirst, kSecond}); }
  CHECK_THROWS_AS(Database(folder / "a.db", {kFirst}, {.made_again = true, .read_only = true}), Error);
  CHECK_FALSE(std::filesystem::exists(folder / "a.db.v2.bak"));
  CHECK(integer_of(*std::make_unique<Database>(folder / "a.db", std::vector{kFirst, kSecond}), "PRAGMA user_version") == 2);
}

TEST_CASE("who refuses a newer one says what else can be done") {
  const TemporaryFolder folder;
  { const Database newer(folder / "a.db", {kFirst, kSecond}); }
  CHECK_THROWS_WITH(Database(folder / "a.db", {kFirst}, {.advice = "move it away"}),
                    "'" + (folder / "a.db").string() + "' has schema version 2, this program knows up to 1; use the program that wrote it, or move it away");
}

TEST_CASE("an older database is refused where it may only be read") {
  const TemporaryFolder folder;
  make_old(folder / "a.db");
  CHECK_THROWS_WITH(Database(folder / "a.db", {kFirst, kSecond}, {.read_only = true}),
                    "'" + (folder / "a.db").string() +
                        "' has schema version 1, this program reads 2; open it once for writing, which migrates it");
}

TEST_CASE("a migration that fails leaves the old schema whole, and the next attempt succeeds") {
  const TemporaryFolder folder;
  make_old(folder / "a.db");
  const std::string path = (folder / "a.db").string();
  CHECK_THROWS_WITH(Database(path, {kFirst, kSecond, "UPDATE missing SET a = 1"}),
                    "migrating '" + path + "' from schema version 1 to 3: database '" + path + "': no such table: missing");
  {
    Database old(path, {kFirst});
    CHECK(integer_of(old, "PRAGMA user_version") == 1);
    CHECK(integer_of(old, "SELECT count(*) FROM pragma_table_info('item')") == 2);
  }
  Database migrated(path, {kFirst, kSecond, kThird});
  CHECK(integer_of(migrated, "SELECT size FROM item") == 3);
}

TEST_CASE("a migration may rebuild a table that others refer to, and must leave no reference dangling") {
  const TemporaryFolder folder;
  const std::string two = kFirst + "; CREATE TABLE part (item INTEGER REFERENCES item (id))";
  { Database(folder / "a.db", {two}).run("INSERT INTO item VALUES (1, 'one'); INSERT INTO part VALUES (1)"); }
  const std::string rebuild =
      "CREATE TABLE fresh (id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO fresh SELECT id, name FROM item;"
      "DROP TABLE item; ALTER TABLE fresh RENAME TO item";
  { CHECK(integer_of(*std::make_unique<Database>(folder / "a.db", std::vector{two, rebuild}), "SELECT count(*) FROM part") == 1); }
  const std::string path = (folder / "a.db").string();
  CHECK_THROWS_WITH(Database(path, {two, rebuild, "DELETE FROM item"}),
                    "migrating '" + path + "' from schema version 2 to 3: rows refer to others that are not there");
}

TEST_CASE("without room for the copy nothing is migrated") {
  const TemporaryFolder folder;
  make_old(folder / "a.db");
  const std::string path = (folder / "a.db").string();
  std::filesystem::create_directories(beside(folder / "a.db", ".v1.bak/in the way"));
  CHECK_THROWS_WITH(Database(path, {kFirst, kSecond}),
                    "migrating '" + path + "' from schema version 1 to 2: keeping a copy of '" + path +
                        "' before its schema changes: renaming to '" + path + ".v1.bak': is a directory");
  Database old(path, {kFirst});
  CHECK(integer_of(old, "PRAGMA user_version") == 1);
  CHECK_FALSE(std::filesystem::exists(path + ".v1.bak.new"));
}
