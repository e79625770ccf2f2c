#include "lib/base/units.h"

#include "test/support/catch.h"

using namespace sparekeep;

TEST_CASE("sizes and durations both ways") {
  CHECK(parse_size("200 GiB").value() == 200ull << 30);
  CHECK(parse_size("64KiB").value() == 65536);
  CHECK(parse_size("7").value() == 7);
  CHECK(parse_size("2 potatoes").error().text() == "'2 potatoes' is not a size, for example \"200 GiB\"");
  CHECK(parse_size("99999999999 TiB").has_error());
  CHECK(parse_duration("30d").value() == std::chrono::hours(720));
  CHECK(parse_duration("30").has_error());
  CHECK(format_size(1536) == "1.5 KiB");
  CHECK(format_duration(std::chrono::milliseconds(2400)) == "2.4 s");
  CHECK(format_duration(std::chrono::seconds(192)) == "3 m 12 s");
}
