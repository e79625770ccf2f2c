#include "lib/base/text.h"

#include "test/support/catch.h"

#include "lib/base/clock.h"
#include "lib/base/utf8.h"

using namespace sparekeep;

TEST_CASE("foreign text cannot forge a line or move a terminal") {
  CHECK(in_quotes("a\nb\x1b[2J") == "'a\\x0ab\\x1b[2J'");
  CHECK(in_quotes("gr\xc3\xbc\xc3\x9f") == "'gr\xc3\xbc\xc3\x9f'");
  CHECK(in_quotes("gnp.\xe2\x80\xae") == "'gnp.\\xe2\\x80\\xae'");                    // right to left from here on
  CHECK(in_quotes("\xe2\x81\xa6\xd8\x9c\xe2\x80\xa8") == "'\\xe2\\x81\\xa6\\xd8\\x9c\\xe2\\x80\\xa8'");
  CHECK(in_quotes("\xe2\x82\xac\xe2\x80\xa6\xd7\x90") == "'\xe2\x82\xac\xe2\x80\xa6\xd7\x90'");   // what is only written so stays
  CHECK(in_quotes("\xff\xc2\x9b") == "'\\xff\\xc2\\x9b'");
}

TEST_CASE("what is no UTF-8 is made visible, and nothing else is touched") {
  CHECK(as_utf8("line\n\x1b gr\xc3\xbc\xc3\x9f \xf0\x9f\x92\xbe") == "line\n\x1b gr\xc3\xbc\xc3\x9f \xf0\x9f\x92\xbe");
  CHECK(as_utf8("caf\xe9.log") == "caf\\xe9.log");
  CHECK(as_utf8("\xc0\xaf \xe0\x80\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \xc3") ==
        "\\xc0\\xaf \\xe0\\x80\\xaf \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80 \\xc3");
  CHECK(in_quotes("\xed\xa0\x80") == "'\\xed\\xa0\\x80'");
}

TEST_CASE("split, join, globs") {
  CHECK(split_text("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
  CHECK(joined({"a", "b"}, ", ") == "a, b");
  CHECK(matches_glob("store*", "store3"));
  CHECK_FALSE(matches_glob("store?", "store12"));
}

TEST_CASE("times in RFC 3339") {
  CHECK(to_rfc3339(Time{0}) == "1970-01-01T00:00:00Z");
  CHECK(to_rfc3339(Time{-1}) == "1969-12-31T23:59:59Z");
  CHECK(from_rfc3339("2026-11-22T21:05:07.5Z").value().nanoseconds == 1795381507500000000);
  CHECK(from_rfc3339("1969-12-31T23:59:59.75Z").value().nanoseconds == -250000000);
  CHECK(from_rfc3339("yesterday").error().text() ==
        "'yesterday' is not a time in RFC 3339 UTC, for example 2026-11-22T21:05:07Z");
  for (std::string_view text : {"", "Z", "2026-11-22T21:05:07", "2026-11-22T21:05:07.Z", "2026-11-22T21:05:07.5xZ", "2026-2-3T21:05:07Z",
                                " 026-11-22T21:05:07Z", "2026-02-31T21:05:07Z", "9999-01-01T00:00:00Z", "0001-01-01T00:00:00Z",
                                "2262-04-11T23:47:16.9Z", "2026-11-22T21:05:07+Z"})
    CHECK(from_rfc3339(text).has_error());
}
