// What a result tells of files that could not be read: bounded and printable.
#include "agent/backup/source_problems.h"

#include "lib/wire/json.h"
#include "test/support/catch.h"

using namespace sparekeep;
using namespace sparekeep::agent;

TEST_CASE("problems are told by name, up to a number, and the rest is counted") {
  SourceProblems problems;
  RunResult none;
  problems.write(none);
  CHECK(none.errors.empty());
  for (size_t i = 0; i < kRunErrorsMax + 5; ++i) problems.add({"/srv/" + std::to_string(i), "permission denied"});
  RunResult result;
  problems.write(result);
  REQUIRE(result.errors.size() == kRunErrorsMax + 1);
  CHECK(result.errors[0].path == "/srv/0");
  CHECK(result.errors[0].kind == "partial");
  CHECK(result.errors.back().text == "and 5 more files");
  CHECK(problems.count() == kRunErrorsMax + 5);
}

TEST_CASE("long names and names that are no text stay within what a body takes, and can be read back") {
  SourceProblems problems;
  for (int i = 0; i < 2000; ++i) problems.add({"/" + std::string(300'000, '\xff'), "no text: \xff\x01"});
  RunResult result;
  problems.write(result);
  const std::string json = to_json(result);
  CHECK(json.size() < 1 << 20);
  const RunResult read = from_json<RunResult>(json).value();
  CHECK(read.errors.at(0).text == "no text: \\xff\\x01");
  CHECK(read.errors.at(0).path.find("[...]") != std::string::npos);
}
