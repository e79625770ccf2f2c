#include "lib/base/suggestion.h"

#include "test/support/catch.h"

using namespace sparekeep;

TEST_CASE("the nearest known name") {
  const std::vector<std::string> known{"roles", "root", "port", "storage"};
  CHECK(nearest_name("rols", known) == "roles");
  CHECK(nearest_name("sotrage", known) == "storage");
  CHECK(nearest_name("ROOT", known) == "root");
  CHECK(nearest_name("banana", known).empty());
  CHECK(nearest_name("", known).empty());
  CHECK(nearest_name(std::string(10'000, 'r'), known).empty());
}
