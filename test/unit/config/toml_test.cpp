#include "lib/config/toml.h"

#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

#include "lib/base/files.h"

using namespace sparekeep;

namespace {

std::string refused(std::string_view text) {
  const Result<ConfigTable> table = parse_toml(text, "a.toml");
  return table ? "nothing" : table.error().text();
}

}  // namespace

TEST_CASE("values know where they stand") {
  const ConfigTable table =
      parse_toml("b = 1\n\n[x.y]\nname = \"\xc3\xbc\" # no\nlist = [true,\n  \"two\"]\na = { k = -3 }\n", "a.toml").value();
  REQUIRE(table.entries().size() == 2);
  CHECK(table.entries()[0].key == "b");  // in the order of the file
  CHECK(*table.find("b")->integer() == 1);
  const ConfigTable& y = *table.find("x")->table()->find("y")->table();
  CHECK(y.entries()[0].key_at.text() == "a.toml:4:1");
  CHECK(*y.find("name")->text() == "\xc3\xbc");
  CHECK(y.find("name")->at.text() == "a.toml:4:8");
  const ConfigArray& list = *y.find("list")->array();
  CHECK(*list[0].flag());
  CHECK(list[1].at.text() == "a.toml:6:3");
  CHECK(*y.find("a")->table()->find("k")->integer() == -3);
  CHECK(table.find("c") == nullptr);
}

TEST_CASE("what is no TOML is refused with its place") {
  CHECK(refused("a = \n") ==
        "a.toml:1:5: this is no TOML: error while parsing key-value pair: expected value, saw '\\n'; "
        "'key = value', '[table]' or '[[list of tables]]' is expected");
  CHECK(refused("a = 1\na = 2\n").starts_with("a.toml:2:"));
  CHECK(refused("[a\n").starts_with("a.toml:1:3: this is no TOML: "));
  CHECK(refused("[.a]\n").starts_with("a.toml:1:2: this is no TOML: "));  // what the library asserts in a debug build
  CHECK(refused("[{a]]\n").starts_with("a.toml:1:2: this is no TOML: "));
  CHECK(refused("a = \"\xff\"\n").starts_with("a.toml:1:"));
  CHECK(refused("a = \"x\n").starts_with("a.toml:1:"));
  CHECK(refused("a = 1\n\xc3\xa9 = 1\n").starts_with("a.toml:2:1: this is no TOML: "));  // undefined in the library's own words
  CHECK(refused("a =\xc3\xa9 1\n").starts_with("a.toml:1:4: this is no TOML: "));
}

TEST_CASE("types of TOML that nothing takes are refused") {
  const std::string expected = "; a string, an integer, true or false, a list or a table is expected";
  CHECK(refused("a = 1.5") == "a.toml:1:5: the value is a fraction" + expected);
  CHECK(refused("x = 1\na = [2026-11-22]") == "a.toml:2:6: the value is a date or time" + expected);
}

TEST_CASE("a file that cannot be read is refused") {
  TemporaryFolder folder;
  const Result<ConfigTable> none = read_toml(folder / "none.toml");
  CHECK(none.error().kind() == ErrorKind::usage);
  CHECK(none.error().text().find("none.toml") != std::string::npos);
  REQUIRE(write_durably(folder / "a.toml", as_bytes("a = 1\n")));
  CHECK(*read_toml(folder / "a.toml")->find("a")->integer() == 1);
}

TEST_CASE("an overlay goes key by key") {
  ConfigTable table = parse_toml("a = 1\nt = { x = 1, y = 2 }\nl = [1, 2]\n", "a.toml").value();
  table.overlay(parse_toml("t = { y = 3 }\nl = [4]\nb = 5\n", "b.toml").value());
  CHECK(same_content({{}, table}, {{}, parse_toml("a = 1\nt = { x = 1, y = 3 }\nl = [4]\nb = 5\n", "c.toml").value()}));
  CHECK_FALSE(same_content({{}, table}, {{}, parse_toml("a = 1\nt = { x = 1, y = 3 }\nl = [5]\nb = 5\n", "c.toml").value()}));
  CHECK(table.find("t")->table()->find("y")->at.text() == "b.toml:1:11");
}
