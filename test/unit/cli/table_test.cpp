#include "lib/cli/table.h"

#include "test/support/catch.h"

using namespace sparekeep;

TEST_CASE("columns are as wide as their widest cell, numbers to the right") {
  TextTable table({{"name"}, {"bytes", Align::right}, {"zone"}});
  CHECK(table.empty());
  table.add({"store1", "7", "a"});
  table.add({"gr\xc3\xbc\xc3\x9f", "123456", ""});
  CHECK(table.text() == "name     bytes  zone\nstore1       7  a\ngr\xc3\xbc\xc3\x9f    123456\n");
}

TEST_CASE("the last left-aligned column is cut to the terminal's width") {
  TextTable table({{"id"}, {"path"}, {"n", Align::right}});
  table.add({"1", "/a/very/long/path/of/files", "5"});
  CHECK(table.text(25) == "id  path                n\n1   /a/very/long/path\xe2\x80\xa6  5\n");
  CHECK(table.text(5).find("/a/very/lon\xe2\x80\xa6") != std::string::npos);
  CHECK(table.text().find("/a/very/long/path/of/files") != std::string::npos);
}

TEST_CASE("a cell cannot move the terminal") {
  TextTable table({{"name"}});
  table.add({"a\n\x1b[2Jb"});
  CHECK(table.text() == "name\na\\x0a\\x1b[2Jb\n");
}
