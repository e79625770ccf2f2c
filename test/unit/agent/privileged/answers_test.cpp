// What is kept of a run's outcome: the same that was said, within its bound.
#include "agent/privileged/answers.h"

#include "lib/base/random.h"
#include "lib/wire/json.h"
#include "test/support/catch.h"

using namespace sparekeep;
using namespace sparekeep::agent;

TEST_CASE("an outcome is kept as it was said; of one that is too long the lists are cut, and it says so") {
  RunResult result{.run = SeededRandom(1).id<RunId>(), .state = "partial"};
  result.files = 7, result.warnings = {"store3: refused"}, result.changes = {"+ /srv/file"};
  result.errors.push_back({"partial", "/srv/file", "it is not readable"});
  CHECK(outcome_text(result) == to_json(result));
  for (size_t i = 0; i < kRunErrorsMax; ++i) result.errors.push_back({"partial", "", std::string(10'000, 'x')});
  const std::string text = outcome_text(result);
  CHECK(text.size() <= kOutcomeBytesMax);
  const RunResult kept = from_json<RunResult>(text).value();
  CHECK(kept.run == result.run);
  CHECK(kept.state == "partial");
  CHECK(kept.files == 7);
  CHECK(kept.changes.empty());
  REQUIRE(kept.errors.size() > 1);
  CHECK(kept.errors.front().text == "it is not readable");
  CHECK(kept.errors.back().text == "of 1001 errors of this run the host kept no more");
}

TEST_CASE("a single outcome that cannot be cut is not over the bound either") {
  RunResult result{.run = SeededRandom(1).id<RunId>(), .state = "failed"};
  result.errors.push_back({"failed", "", std::string(kOutcomeBytesMax, 'x')});
  CHECK(outcome_text(result).size() < kOutcomeBytesMax);
}
