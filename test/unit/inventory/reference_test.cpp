#include "test/support/reference_page.h"

#include "test/support/catch.h"

#include "inventory/host_keys.h"

using namespace sparekeep;

TEST_CASE("the reference page of inventories is current") {
  CHECK(reference_difference("docs/reference-inventory.md", inventory_reference()) == "");
}
