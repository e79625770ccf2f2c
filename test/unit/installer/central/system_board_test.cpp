#include "installer/central/system_board.h"

#include "test/support/catch.h"
#include "test/unit/installer/central/fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

struct World {
  World() : state(made.open()), masters(state.paths(), state.root()), catalogue(state.paths().catalogue()),
            board(state, catalogue, masters, made.clock) {
    system = {.id = made.random.id<HostId>(), .name = "store1", .machine = {}, .address = "192.0.2.1", .port = 7421, .zone = "a", .reported = {}};
    board.open();
  }
  void report(uint64_t available, uint64_t capacity = 1000, Duration clock_ahead = {}) {
    DaemonReport out;
    out.host = system.id;
    out.now = made.clock.now() + clock_ahead;
    out.capacity_bytes = capacity;
    out.available_bytes = available;
    board.report(system.id, out);
  }
  // As a program that is started after a crash reads it.
  SystemEntry kept() const {
    const TemporaryFolder copy;
    for (const char* end : {"", "-wal"})
      if (const Path file = state.paths().catalogue().string() + end; std::filesystem::exists(file)) std::filesystem::copy(file, copy.path());
    return SqliteCatalogue(copy / state.paths().catalogue().filename()).system(system.id).value();
  }
  StorageSystem another(const std::string& name) {
    StorageSystem other = system;
    other.id = made.random.id<HostId>(), other.name = name;
    return other;
  }
  SystemState now() { return board.systems().at(0).state; }
  uint64_t version() const { return masters.newest()->file.number; }

  TestCentral made;
  CentralState state;
  MasterHistory masters;
  SqliteCatalogue catalogue;
  SystemBoard board;
  StorageSystem system;
};

}  // namespace

TEST_CASE("while versions are held back, many changes are one version, and none is lost") {
  World world;
  world.board.hold();
  CHECK(world.board.declare(world.system));
  StorageSystem other = world.another("store2");
  CHECK(world.board.declare(other));
  world.report(500);
  CHECK(world.version() == 1);
  world.board.look_at_times();
  CHECK(world.version() == 2);
  CHECK(world.masters.newest()->file.systems.size() == 2);
  world.board.set_declared(other.id, false);
  CHECK(world.version() == 2);
  SECTION("a revocation waits for nothing, and takes the rest along") { world.board.remove(world.system.id, {"01"}); }
  SECTION("at the end") {}
  world.board.let_go();
  CHECK(world.version() == 3);
  CHECK(world.masters.newest()->file.find(other.id)->state == SystemState::undeclared);
  world.board.set_declared(other.id, true);
  CHECK(world.version() == 4);
}

TEST_CASE("a first report and a change of state are kept at once, further numbers with the next look, even where no version can be issued") {
  World world;
  world.board.declare(world.system);
  world.report(500);
  CHECK(world.kept().system.state == SystemState::up);
  CHECK(world.kept().system.available_bytes == 500);
  world.report(490);
  CHECK(world.kept().system.available_bytes == 500);
  world.board.set_state(world.system.id, SystemState::offline);
  CHECK(world.kept().system.available_bytes == 490);
  world.report(480);
  CHECK(world.kept().system.state == SystemState::up);
  CHECK(world.kept().system.available_bytes == 480);
  world.board.hold();
  world.board.set_state(world.system.id, SystemState::late);
  world.report(470);
  world.report(460);
  const MasterVersion newest = world.masters.newest()->file.version();
  world.system.zone = "b";
  world.board.declare(world.system);
  world.report(450);
  REQUIRE(std::filesystem::create_directories(world.state.paths().master({.epoch = newest.epoch, .number = newest.number + 1})));
  CHECK_THROWS_AS(world.board.look_at_times(), Error);
  CHECK(world.kept().system.available_bytes == 450);
}

TEST_CASE("a daemon whose numbers go up and down makes one version within its pace, and others are not held up by it") {
  World world;
  StorageSystem other = world.another("store2");
  world.board.declare(world.system);
  world.board.declare(other);
  world.report(500);
  uint64_t version = world.version();
  const auto available = [&] { return world.masters.newest()->file.find(world.system.id)->available_bytes; };
  for (int i = 0; i <= 100; ++i) world.report(i % 2 == 0 ? 0 : 1000);
  world.board.look_at_times();
  CHECK(world.version() == ++version);
  CHECK(available() == 0);
  for (int i = 0; i <= 100; ++i) {
    world.report(i % 2 == 0 ? 900 : 0);
    world.board.look_at_times();
  }
  CHECK(world.version() == version);
  SECTION("after it") { world.made.clock.sleep(kRemotePace.every); }
  SECTION("before it, with another system's first report") {
    DaemonReport first;
    first.host = other.id, first.now = world.made.clock.now(), first.capacity_bytes = first.available_bytes = 1000;
    world.board.report(other.id, first);
    CHECK(world.version() == ++version);
    CHECK(available() == 900);
    world.report(0);
    world.board.look_at_times();
    CHECK(world.version() == version);
    first.available_bytes = 0;
    world.board.report(other.id, first);
    CHECK(world.version() == version + 1);
  }
  SECTION("before it, by command") { world.board.publish_numbers(); }
  world.board.look_at_times();
  CHECK(world.version() == ++version);
}

TEST_CASE("a report that a daemon delivered shows the way to the central, one that was fetched does not") {
  World world;
  world.board.declare(world.system);
  DaemonReport fetched;
  fetched.host = world.system.id, fetched.now = world.made.clock.now();
  const auto delivered = [&](Duration since) { return world.board.wait_for_delivered(world.system.id, since, Duration(0)); };
  world.report(500);
  CHECK(delivered(world.made.clock.boot_time()));
  world.made.clock.sleep(std::chrono::seconds(1));
  const Duration started = world.made.clock.boot_time();
  world.board.take_answer(world.system.id, fetched);
  CHECK_FALSE(delivered(started));
  CHECK(delivered(started - std::chrono::seconds(1)));
  world.report(500);
  CHECK(delivered(started));
}

// Something stands in the way of the next version, as a full disk would.
TEST_CASE("a version that cannot be issued stays due, and versions stay held back") {
  World world;
  const Path in_the_way = world.state.paths().master({.epoch = world.masters.newest()->file.version().epoch, .number = 2});
  world.board.hold();
  world.board.declare(world.system);
  REQUIRE(std::filesystem::create_directories(in_the_way));
  CHECK_THROWS_AS(world.board.look_at_times(), Error);
  StorageSystem other = world.another("store2");
  CHECK(world.board.declare(other));                           // still held back: nothing is issued, and nothing thrown
  CHECK(world.version() == 1);
  CHECK_THROWS_AS(world.board.remove(world.system.id, {"01"}), Error);
  SECTION("let go of while it is in the way") {
    CHECK_THROWS_AS(world.board.let_go(), Error);
    REQUIRE(std::filesystem::remove(in_the_way));
    world.board.look_at_times();
  }
  SECTION("let go of when it has gone") {
    REQUIRE(std::filesystem::remove(in_the_way));
    world.board.let_go();
  }
  CHECK(world.version() == 2);
  CHECK(world.masters.newest()->file.find(other.id));
}

TEST_CASE("a system is new, up, late, offline, and up again; each is a version") {
  World world;
  CHECK(world.version() == 1);
  CHECK(world.board.declare(world.system));
  CHECK_FALSE(world.board.declare(world.system));
  CHECK(world.now() == SystemState::fresh);
  CHECK(world.version() == 2);
  world.made.clock.sleep(std::chrono::hours(1));
  world.board.look_at_times();
  CHECK(world.now() == SystemState::fresh);                    // it never reported: nothing to miss
  world.report(500);
  CHECK(world.now() == SystemState::up);
  world.made.clock.sleep(kRemotePace.late_after - std::chrono::seconds(1));
  world.board.look_at_times();
  CHECK(world.now() == SystemState::up);
  world.made.clock.sleep(std::chrono::seconds(1));
  world.board.look_at_times();
  CHECK(world.now() == SystemState::late);
  world.made.clock.sleep(kRemotePace.offline_after);
  world.board.look_at_times();
  CHECK(world.now() == SystemState::offline);
  CHECK(world.version() == 5);
  world.report(500);
  CHECK(world.now() == SystemState::up);
  CHECK(world.version() == 6);
}

TEST_CASE("silence counts from the central's start, which was not there to hear") {
  World world;
  world.board.declare(world.system);
  world.report(500);
  world.made.clock.sleep(std::chrono::hours(24));
  SystemBoard next(world.state, world.catalogue, world.masters, world.made.clock);
  next.look_at_times();
  CHECK(next.systems().at(0).state == SystemState::up);
  CHECK_FALSE(next.reported(world.system.id));
}

TEST_CASE("a step of the wall clock makes no system late or offline") {
  World world;
  world.board.declare(world.system);
  world.report(500);
  for (const Duration step : {Duration(std::chrono::hours(24)), Duration(-std::chrono::hours(48))}) {
    world.made.clock.step(step);
    world.board.look_at_times();
    CHECK(world.now() == SystemState::up);
  }
  world.made.clock.sleep(kRemotePace.offline_after);
  world.board.look_at_times();
  CHECK(world.now() == SystemState::offline);
}

TEST_CASE("impossible numbers of a report are made possible, not published") {
  World world;
  world.board.declare(world.system);
  world.report(5000, 1000);
  CHECK(world.masters.newest()->file.systems.at(0).available_bytes == 1000);
}

TEST_CASE("an undeclared system stays so whatever it reports, until it is declared again") {
  World world;
  world.board.declare(world.system);
  world.report(500);
  world.board.set_declared(world.system.id, false);
  CHECK(world.now() == SystemState::undeclared);
  world.report(400);
  CHECK(world.now() == SystemState::undeclared);
  CHECK(world.board.systems().at(0).available_bytes == 400);
  world.board.set_declared(world.system.id, true);
  CHECK(world.now() == SystemState::up);
}

TEST_CASE("a system that is removed is in no master file, and its certificates are revoked for good") {
  World world;
  world.board.declare(world.system);
  world.board.remove(world.system.id, {"abc123"});
  CHECK(world.masters.newest()->file.systems.empty());
  world.board.declare(world.system);
  CHECK(world.masters.newest()->file.is_revoked("abc123"));
}

TEST_CASE("a revoked certificate is named until nobody takes it any more, by the central's clock and the daemons'") {
  World world;
  StorageSystem gone = world.another("store2");
  world.board.declare(world.system);
  world.board.declare(gone);
  const Time end = world.made.clock.now() + std::chrono::hours(24 * 30);
  world.catalogue.note_certificate({.serial = "aa", .host = gone.id, .roles = {Role::daemon}, .issued = Time{1}, .ended = end});
  world.board.remove(gone.id, {"aa", "older"});
  world.board.remove(gone.id, {"aa"});
  const auto revoked = [&] { return world.masters.newest()->file.revoked; };
  CHECK(revoked() == std::vector<std::string>{"aa", "older"});
  const Duration a_year = std::chrono::hours(24 * 365);

  world.made.clock.step(a_year);                                              // the central's clock is set wrong, the daemon's is right
  world.report(500, 1000, -a_year);
  world.board.open();
  CHECK(revoked() == std::vector<std::string>{"aa", "older"});
  world.made.clock.step(-a_year);
  world.report(400, 1000, a_year);                                            // the other way about
  world.board.set_state(world.system.id, SystemState::late);
  CHECK(revoked() == std::vector<std::string>{"aa", "older"});

  world.made.clock.sleep(std::chrono::hours(24 * (30 + 90)));
  world.report(300);
  world.board.set_state(world.system.id, SystemState::late);
  CHECK(revoked() == std::vector<std::string>{"aa", "older"});               // the daemons take it up to 90 days past its end
  world.made.clock.sleep(std::chrono::hours(24 * 2));
  world.report(200);
  world.board.set_state(world.system.id, SystemState::late);
  CHECK(revoked() == std::vector<std::string>{"older"});                     // nothing says when that one ends
  CHECK(world.catalogue.certificates(gone.id).empty());
}

TEST_CASE("a master file that grows old is issued again") {
  World world;
  world.made.clock.sleep(kMasterLife / 3);
  world.board.open();
  CHECK(world.version() == 2);
  world.board.open();
  CHECK(world.version() == 2);
}

TEST_CASE("reports of others and of unknown systems are refused") {
  World world;
  DaemonReport report;
  report.host = world.system.id;
  CHECK_THROWS_WITH(world.board.report(world.system.id, report),
                    "host '" + world.system.id.hex() + "' is no storage system of this central; run sparekeep install");
  CHECK_THROWS_WITH(world.board.report(HostId{}, report), "a report of host '" + world.system.id.hex() + "' by host '" + HostId{}.hex() + "'");
}
