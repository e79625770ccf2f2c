// Times in messages.
#include "lib/archive/time_text.h"

#include "test/support/catch.h"

using namespace sparekeep;

TEST_CASE("a time in a message reads as a number does, before 1970 too") {
  CHECK(time_text({1'234'567'890, 5}) == "1234567890.000000005");
  CHECK(time_text({0, 0}) == "0.000000000");
  CHECK(time_text({-5, 0}) == "-5.000000000");
  CHECK(time_text({-123'456'789'013, 750'000'000}) == "-123456789012.250000000");
  CHECK(time_text({-1, 750'000'000}) == "-0.250000000");
  CHECK(time_text({-1, 1}) == "-0.999999999");
}
