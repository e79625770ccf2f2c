#include "installer/install/text_diff.h"

#include "test/support/catch.h"

using sparekeep::central::text_diff;

TEST_CASE("differences of texts") {
  CHECK(text_diff("f", "a\nb\n", "a\nb\n").empty());
  CHECK(text_diff("f", "a\nb\nc\n", "a\nx\nc\nd\n") == "--- f\n+++ f\n a\n-b\n+x\n c\n+d\n");
  CHECK(text_diff("f", "", "a\n") == "--- f\n+++ f\n+a\n");
  CHECK(text_diff("f", "a\n", "") == "--- f\n+++ f\n-a\n");
}
