#include "test/support/reference_page.h"

#include "test/support/catch.h"

#include "playbooks/job_keys.h"

using namespace sparekeep;

TEST_CASE("the reference page of playbooks is current") {
  CHECK(reference_difference("docs/reference-playbook.md", playbook_reference()) == "");
}
