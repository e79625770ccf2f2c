#include "test/support/catch.h"

#include "lib/base/id.h"
#include "lib/database/database.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;

namespace {

const std::vector<std::string> kSchema = {"CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE, content BLOB)"};

void add(Database& database, std::string_view name, ByteSpan content) {
  database.statement("INSERT INTO item (name, content) VALUES (?1, ?2)").bind(1, name).bind(2, content).run();
}

}  // namespace

TEST_CASE("values come back as they were bound") {
  const TemporaryFolder folder;
  Database database(folder / "a.db", kSchema);
  const HostId id = HostId::parse("000102030405060708090a0b0c0d0e0f").value();
  Statement select = database.statement("SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7");
  select.bind(1, "text").bind(2, std::string("with \0 inside", 13)).bind(3, id.bytes()).bind(4, INT64_MIN).bind(5, 0);
  select.bind(6, true).bind_null(7);
  REQUIRE(select.step());
  CHECK(select.text(0) == "text");
  CHECK(select.text(1) == std::string("with \0 inside", 13));
  CHECK(HostId::from(select.blob(2)) == id);
  CHECK(select.integer(3) == INT64_MIN);
  CHECK(select.integer(4) == 0);
  CHECK(select.integer(5) == 1);
  CHECK(select.is_null(6));
  CHECK(select.optional_integer(6) == std::nullopt);
  CHECK(select.optional_text(6) == std::nullopt);
  CHECK(select.optional_text(0) == "text");
  CHECK(select.optional_integer(3) == INT64_MIN);
  CHECK_FALSE(select.step());
}

TEST_CASE("empty text and empty bytes are not null") {
  const TemporaryFolder folder;
  Database database(folder / "a.db", kSchema);
  Statement select = database.statement("SELECT ?1, ?2, ?3");
  select.bind(1, std::string_view()).bind(2, ByteSpan()).bind(3, "");
  REQUIRE(select.step());
  CHECK_FALSE(select.is_null(0));
  CHECK_FALSE(select.is_null(1));
  CHECK_FALSE(select.is_null(2));
  CHECK(select.text(0).empty());
  CHECK(select.blob(1).empty());
}

TEST_CASE("a statement runs again after a reset, keeping what was bound") {
  const TemporaryFolder folder;
  Database database(folder / "a.db", kSchema);
  Statement insert = database.statement("INSERT INTO item (name, content) VALUES (?1, ?2)");
  insert.bind(2, as_bytes("same"));
  for (const char* name : {"a", "b", "c"}) insert.reset().bind(1, name).run();
  CHECK(database.last_row_id() == 3);
  Statement count = database.statement("SELECT count(*), min(content) FROM item");
  REQUIRE(count.step());
  CHECK(count.integer(0) == 3);
  CHECK(as_text(count.blob(1)) == "same");
  database.run("DELETE FROM item WHERE id > 1");
  CHECK(database.changed_rows() == 2);
}

TEST_CASE("a statement that comes back from the cache has no values of the run before") {
  const TemporaryFolder folder;
  Database database(folder / "a.db", kSchema);
  { REQUIRE(database.statement("SELECT ?1").bind(1, "left over").step()); }
  Statement again = database.statement("SELECT ?1");
  REQUIRE(again.step());
  CHECK(again.is_null(0));
}

TEST_CASE("one text can run twice at a time, and more texts than the cache holds are fine") {
  const TemporaryFolder folder;
  Database database(folder / "a.db", kSchema);
  for (const char* name : {"a", "b"}) add(database, name, {});
  int pairs = 0;
  Statement outer = database.statement("SELECT name FROM item");
  while (outer.step()) {
    Statement inner = database.statement("SELECT name FROM item");
    while (inner.step()) ++pairs;
  }
  CHECK(pairs == 4);
  outer.reset();
  REQUIRE(outer.step());
  for (int i = 0; i < 1000; ++i) CHECK(database.statement("SELECT " + std::to_string(i)).step());
  CHECK(outer.step());
  Statement moved = std::move(outer);
  CHECK_FALSE(moved.step());
}

TEST_CASE("faults of a statement name the database and what is wrong") {
  const TemporaryFolder folder;
  Database database(folder / "a.db", kSchema);
  const std::string place = "database '" + (folder / "a.db").string() + "': ";
  CHECK_THROWS_WITH(database.statement("SELEC 1"), place + "near \"SELEC\": syntax error");
  CHECK_THROWS_WITH(database.statement("SELECT 1").bind(2, 1), place + "column index out of range");
  add(database, "a", {});
  try {
    add(database, "a", {});
    FAIL("taken twice");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::exists);
    CHECK(error.text() == place + "UNIQUE constraint failed: item.name");
  }
  add(database, "b", {});   // the statement serves again after its failure
}
