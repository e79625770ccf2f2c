#include "lib/cli/json_text.h"

#include "test/support/catch.h"

#include <cmath>

using namespace sparekeep;

TEST_CASE("values") {
  CHECK(JsonText().text() == "null");
  CHECK(JsonText(true).text() == "true");
  CHECK(JsonText(-3).text() == "-3");
  CHECK(JsonText(UINT64_MAX).text() == "18446744073709551615");
  CHECK(JsonText(0.5).text() == "0.5");
  CHECK(JsonText(std::nan("")).text() == "null");
  CHECK(JsonText("a").text() == "\"a\"");
  CHECK(JsonText(std::vector<std::string>{"a", "b"}).text() == "[\"a\",\"b\"]");
}

TEST_CASE("text is escaped") {
  CHECK(JsonText("q\" b\\ n\n t\t z\x01 d\x7f").text() == "\"q\\\" b\\\\ n\\n t\\t z\\u0001 d\\u007f\"");
  CHECK(JsonText(std::string("a\0b", 3)).text() == "\"a\\u0000b\"");
  CHECK(JsonText("\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80").text() == "\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

TEST_CASE("what is no UTF-8 is replaced") {
  const std::string no = "\xef\xbf\xbd";
  CHECK(JsonText("a\xff").text() == "\"a" + no + "\"");
  CHECK(JsonText("\xc3").text() == "\"" + no + "\"");
  CHECK(JsonText("\xc0\xaf").text() == "\"" + no + no + "\"");
  CHECK(JsonText("\xed\xa0\x80").text() == "\"" + no + no + no + "\"");
  CHECK(JsonText("\xf4\x90\x80\x80").text() == "\"" + no + no + no + no + "\"");
}

TEST_CASE("objects and arrays nest") {
  JsonArray systems;
  CHECK(systems.text().text() == "[]");
  systems.add(JsonObject().set("name", "store1").set("bytes", 7));
  systems.add(JsonText());
  CHECK(JsonObject().set("systems", systems).set("ok", false).text().text() ==
        "{\"systems\":[{\"name\":\"store1\",\"bytes\":7},null],\"ok\":false}");
}
