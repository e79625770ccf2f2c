#include "agent/privileged/run_register.h"

#include "lib/base/random.h"
#include "test/support/catch.h"
#include "test/support/still_clock.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

struct Fixture {
  TemporaryFolder folder;
  StillClock clock;
  RunId run = SeededRandom(5).id<RunId>();
  Time expires = clock.now() + std::chrono::hours(24);
  RunRegister open() { return RunRegister::open(folder / "orders", clock).value(); }
  std::string begun(const std::string& step = "restore") {
    const Result<RunRegister::Entry> entry = open().begin(run, step, expires);
    return entry ? "begun" : entry.error().text();
  }
};

}  // namespace

TEST_CASE("a step that was completed is never begun again, whoever opens the register") {
  Fixture fixture;
  fixture.open().begin(fixture.run, "restore", fixture.expires).value().done().value();
  CHECK(fixture.begun() == "run " + fixture.run.hex() + ": its 'restore' was carried out already");
  CHECK(fixture.begun("before") == "begun");
}

TEST_CASE("a step that was not completed is begun again as often as the central gives an order") {
  Fixture fixture;
  for (int i = 0; i < kBeginningsMax; ++i) CHECK(fixture.begun() == "begun");
  CHECK(fixture.begun() == "run " + fixture.run.hex() + ": its 'restore' was begun 4 times, and never completed");
}

TEST_CASE("what came of a step is kept until somebody has it, or until the entry goes") {
  Fixture fixture;
  fixture.open().begin(fixture.run, "restore", fixture.expires).value().done("restored").value();
  CHECK(fixture.begun() == "run " + fixture.run.hex() + ": its 'restore' was carried out already");
  CHECK(fixture.open().outcome(fixture.run, "restore").value() == "restored");
  CHECK(fixture.open().outcome(fixture.run, "before").error().kind() == ErrorKind::not_found);
  CHECK(fixture.open().outcomes("restore") == std::vector<RunId>{fixture.run});
  CHECK(fixture.open().outcomes("before").empty());
  fixture.open().forget_outcome(fixture.run, "restore");
  CHECK(fixture.open().outcomes("restore").empty());
  CHECK(fixture.begun() == "run " + fixture.run.hex() + ": its 'restore' was carried out already");
}

TEST_CASE("a step whose outcome is kept is done, wherever its process was killed") {
  Fixture fixture;
  CHECK(fixture.begun() == "begun");
  const Path outcome = fixture.folder / ("orders/" + fixture.run.hex() + ".restore.outcome");
  write_durably(outcome, as_bytes("restored")).value();                   // and no word of it in the entry yet
  CHECK(fixture.begun() == "run " + fixture.run.hex() + ": its 'restore' was carried out already");
  fixture.open().forget_outcome(fixture.run, "restore");
  CHECK_FALSE(std::filesystem::exists(outcome));
  CHECK(fixture.begun() == "run " + fixture.run.hex() + ": its 'restore' was carried out already");
}

TEST_CASE("of an outcome over the bound nothing is kept, and the step is done all the same") {
  Fixture fixture;
  fixture.open().begin(fixture.run, "restore", fixture.expires).value().done(std::string(kOutcomeBytesMax + 1, 'x')).value();
  CHECK(fixture.open().outcomes("restore").empty());
  CHECK(fixture.begun() == "run " + fixture.run.hex() + ": its 'restore' was carried out already");
}

TEST_CASE("one step is carried out by one process at a time") {
  Fixture fixture;
  const RunRegister::Entry held = fixture.open().begin(fixture.run, "restore", fixture.expires).value();
  CHECK(fixture.begun() == "run " + fixture.run.hex() + ": its 'restore' is being carried out");
}

TEST_CASE("an entry is kept until a week after the order's end") {
  Fixture fixture;
  fixture.open().begin(fixture.run, "restore", fixture.expires).value().done("restored").value();
  fixture.clock.sleep(std::chrono::hours(24 * 8 - 1));
  CHECK(fixture.begun() != "begun");
  fixture.clock.sleep(std::chrono::hours(2));
  static_cast<void>(fixture.open());
  CHECK(list_folder(fixture.folder / "orders").value().empty());
}

TEST_CASE("a damaged entry is no reason to carry an order out") {
  Fixture fixture;
  CHECK(fixture.begun() == "begun");
  const Path file = fixture.folder / ("orders/" + fixture.run.hex() + ".restore");
  write_durably(file, as_bytes("1 do")).value();
  CHECK(fixture.begun() == "'" + file.native() + "' is damaged; remove it when no order is being carried out");
}
