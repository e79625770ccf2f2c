// Times as file systems keep them, and as `ls` shows them.
#include "installer/jobs/file_time_text.h"

#include <cstdint>

#include "test/support/catch.h"

using namespace sparekeep;
using namespace sparekeep::central;

TEST_CASE("times of files are shown as they are, also where nanoseconds since 1970 do not reach") {
  CHECK(rfc3339_text({0, 0}) == "1970-01-01T00:00:00Z");
  CHECK(rfc3339_text({-1, 999'999'999}) == "1969-12-31T23:59:59Z");
  CHECK(rfc3339_text({9'223'372'036, 0}) == "2262-04-11T23:47:16Z");
  CHECK(rfc3339_text({9'223'372'037, 0}) == "2262-04-11T23:47:17Z");
  CHECK(rfc3339_text({13'583'376'000, 5}) == "2400-06-10T00:00:00Z");
  CHECK(rfc3339_text({-11'644'473'600, 0}) == "1601-01-01T00:00:00Z");
  CHECK(rfc3339_text({-62'135'596'800, 0}) == "0001-01-01T00:00:00Z");
  CHECK(rfc3339_text({-62'167'219'200, 0}) == "0000-01-01T00:00:00Z");
  CHECK(rfc3339_text({253'402'300'799, 0}) == "9999-12-31T23:59:59Z");
}

TEST_CASE("years that have no four digits are seconds") {
  CHECK(rfc3339_text({253'402'300'800, 0}) == "@253402300800");
  CHECK(rfc3339_text({-62'167'219'201, 0}) == "@-62167219201");
  CHECK(rfc3339_text({INT64_MAX, 0}) == "@9223372036854775807");
  CHECK(local_text({INT64_MIN, 0}) == "@-9223372036854775808");
}

TEST_CASE("the first second of 1970 is a time, too") {
  CHECK(local_text({0, 0}).size() == rfc3339_text({0, 0}).size() - 1);
  CHECK(local_text({13'583'376'000, 0}).starts_with("2400-06-"));
}
