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

TEST_CASE("bytes that are no UTF-8 are written as everywhere else") {
  CHECK(JsonText("a\xff").text() == R"("a\\xff")");
  CHECK(JsonText("\xc3").text() == R"("\\xc3")");
  CHECK(JsonText("\xc0\xaf").text() == R"("\\xc0\\xaf")");
  CHECK(JsonText("\xed\xa0\x80").text() == R"("\\xed\\xa0\\x80")");
  CHECK(JsonText("\xf4\x90\x80\x80" "b").text() == R"("\\xf4\\x90\\x80\\x80b")");
}

TEST_CASE("objects and arrays nest") {
  JsonArray systems;
  CHECK(systems.text().text() == "[]");
  systems.add(JsonObject().set("name", "store1").set("bytes", 7));
  systems.add(JsonText());
  CHECK(JsonObject().set("systems", systems).set("ok", false).text().text() ==
        "{\"systems\":[{\"name\":\"store1\",\"bytes\":7},null],\"ok\":false}");
}
