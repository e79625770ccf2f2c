// What a restore says passes every limit of a result, whatever it has to say.
#include "agent/restore/restore_report.h"

#include "lib/wire/json.h"
#include "test/support/catch.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

constexpr size_t kResultMax = 16 << 20;

}  // namespace

TEST_CASE("a result of very many long paths is one that its readers take, and counts what it leaves out") {
  RunResult result;
  RestoreReport report(result);
  const std::string path(100'000, '\\');
  for (size_t i = 0; i < 5000; ++i) {
    report.change(path, "new");
    report.error(path, Error(ErrorKind::failed, "creating: " + std::to_string(i)));
    report.warning(path);
  }
  CHECK(result.changed == 5000);
  CHECK(to_json(result).size() < kResultMax);
  CHECK(result.changes.size() > 20);
  REQUIRE(result.errors.size() > 10);
  CHECK(result.errors.back().text == "and " + std::to_string(5001 - result.errors.size()) + " more");
  REQUIRE(result.warnings.size() > 10);
  CHECK(result.warnings.back() == "and " + std::to_string(5001 - result.warnings.size()) + " more warnings");
}

TEST_CASE("short ones are told by their number") {
  RunResult result;
  RestoreReport report(result);
  for (size_t i = 0; i < kRunErrorsMax + 5; ++i) report.warning(std::to_string(i)), report.error(std::to_string(i), Error(ErrorKind::lost, "gone"));
  CHECK(result.warnings.size() == 1001);
  CHECK(result.warnings.back() == "and 5 more warnings");
  CHECK(result.errors.size() == kRunErrorsMax + 1);
  CHECK(result.errors.back().text == "and 5 more");
}
