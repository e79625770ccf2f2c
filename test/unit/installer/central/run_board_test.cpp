#include "installer/central/run_board.h"

#include <latch>
#include <thread>

#include "lib/wire/json.h"
#include "test/support/catch.h"
#include "test/unit/installer/central/fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

struct World {
  World() : catalogue(folder / "catalogue.db"), board(catalogue, clock) {}
  RunId enqueue(const std::string& text) {
    Order order;
    order.run = random.id<RunId>();
    order.host = host;
    order.kind = "backup";
    board.enqueue(order, {.text = text, .key = "", .signature = ""});
    return order.run;
  }
  std::string poll() {
    const std::optional<SignedOrder> order = board.next_for(host, Duration(0), {});
    return order ? order->text : "none";
  }
  std::string error_of(const RunId& run, const WaitLimits& limits) { return board.wait_for(run, limits, {}).error().text(); }

  TemporaryFolder folder;
  StandingClock clock;
  SeededRandom random{4};
  HostId host = random.id<HostId>();
  SqliteCatalogue catalogue;
  RunBoard board;
};

}  // namespace

TEST_CASE("orders are given in the order they came, and again only when nothing is heard") {
  World world;
  const RunId first = world.enqueue("first");
  world.clock.sleep(std::chrono::seconds(1));
  world.enqueue("second");
  CHECK(world.poll() == "first");
  CHECK(world.poll() == "second");
  CHECK(world.poll() == "none");
  world.board.progress(world.host, {.run = first, .phase = "backup"});
  world.clock.sleep(kOrderAgainAfter);
  CHECK(world.poll() == "second");
  CHECK(world.poll() == "none");
  CHECK(world.catalogue.run(first)->state == "running");
}

TEST_CASE("an agent that died at a run gets it again when it polls, but not for ever") {
  World world;
  const RunId run = world.enqueue("first");
  CHECK(world.poll() == "first");
  world.board.progress(world.host, {.run = run, .phase = "backup"});
  world.clock.sleep(kRunAgainAfter - std::chrono::seconds(1));
  CHECK(world.poll() == "none");
  for (int given = 1; given < kOrderGivesMax; ++given) {
    world.clock.sleep(kRunAgainAfter);
    CHECK(world.poll() == "first");
  }
  world.clock.sleep(kRunAgainAfter);
  CHECK(world.poll() == "none");
  world.clock.sleep(std::chrono::seconds(60));
  CHECK(world.poll() == "none");
  CHECK(world.error_of(run, {}) == "no word from the agent about its run for 1 m 0 s");
}

TEST_CASE("who waits hears once of a host that is silent, until its time is over") {
  World world;
  const RunId run = world.enqueue("first");
  CHECK(world.poll() == "first");
  world.board.progress(world.host, {.run = run, .phase = "backup"});
  const Time heard = world.clock.now();
  std::vector<Time> silences;
  const RunListener listener{.on_progress = [&](const RunProgress&) { world.clock.sleep(kSilentAfter); },
                             .on_silence = [&](Time since) {
                               silences.push_back(since);
                               world.clock.sleep(kSilentAfter);
                               if (silences.size() == 1) world.board.progress(world.host, {.run = run, .phase = "backup"});
                             }};
  CHECK(world.board.wait_for(run, {.silent = 2 * kSilentAfter}, listener).error().text() == "no word from the agent about its run for 30.0 s");
  CHECK(silences == std::vector<Time>{heard, heard + 2 * kSilentAfter});
}

TEST_CASE("the first result counts") {
  World world;
  const RunId run = world.enqueue("first");
  RunResult result;
  result.run = run;
  result.state = "complete";
  world.board.result(world.host, result);
  result.state = "failed";
  world.board.result(world.host, result);
  CHECK(world.board.wait_for(run, {}, {}).value().state == "complete");
  CHECK(world.catalogue.run(run)->state == "complete");
  CHECK(world.poll() == "none");
}

TEST_CASE("a first progress that comes together with the result does not take its place") {
  World world;
  constexpr int kRuns = 300;
  for (int i = 0; i < kRuns; ++i) {
    const RunId run = world.enqueue("order");
    std::latch both(2);
    std::jthread progress([&] {
      both.arrive_and_wait();
      world.board.progress(world.host, {.run = run, .phase = "backup"});
    });
    both.arrive_and_wait();
    world.board.result(world.host, {.run = run, .state = "complete"});
    progress.join();
    INFO("run " << i);
    REQUIRE(world.catalogue.run(run)->state == "complete");
    REQUIRE_FALSE(world.catalogue.run(run)->result.empty());
  }
}

TEST_CASE("who waits hears which files changed; the catalogue keeps no names of files") {
  World world;
  const RunId run = world.enqueue("first");
  RunResult result{.run = run, .state = "complete"};
  result.changes = {"/home/alice/secret plans (new)"};
  world.board.result(world.host, result);
  CHECK(world.board.wait_for(run, {}, {}).value().changes == result.changes);
  CHECK(world.catalogue.run(run)->result.find("secret plans") == std::string::npos);
}

TEST_CASE("runs of others and unknown runs are refused") {
  World world;
  const RunId run = world.enqueue("first");
  CHECK_THROWS_WITH(world.board.progress(HostId{}, {.run = run, .phase = ""}), "run '" + run.hex() + "' is another host's");
  CHECK_THROWS_WITH(world.board.progress(world.host, {.run = RunId{}, .phase = ""}), "there is no run '" + RunId{}.hex() + "'");
}

TEST_CASE("waiting ends with what is wrong") {
  World world;
  const RunId run = world.enqueue("first");
  world.clock.sleep(std::chrono::seconds(15));
  CHECK(world.error_of(run, {}) == "the agent did not fetch its order within 15.0 s");
  world.poll();
  world.clock.sleep(std::chrono::seconds(60));
  CHECK(world.error_of(run, {}) == "no word from the agent about its run for 1 m 0 s");
  CHECK(world.error_of(run, {.whole = std::chrono::seconds(75)}) == "not done within 1 m 15 s");
}

TEST_CASE("a run whose command was killed before its host said a word is failed, and says why, until its host tells another thing") {
  World world;
  const RunId lost = world.enqueue("lost"), late = world.enqueue("late"), begun = world.enqueue("begun");
  RunBoard next(world.catalogue, world.clock);             // of the next command
  next.give_up_left_runs();
  for (const RunId& run : {lost, late, begun}) {
    CHECK(world.catalogue.run(run)->state == "failed");
    CHECK(from_json<RunResult>(world.catalogue.run(run)->result)->errors.at(0).text ==
          "the command that began it ended before its host said a word of it");
  }
  next.progress(world.host, {.run = begun, .phase = "backup"});
  CHECK(world.catalogue.run(begun)->state == "running");
  CHECK(world.catalogue.run(begun)->result.empty());
  RunResult result{.run = late, .state = "complete", .snapshot = "aa"};
  next.result(world.host, result);
  CHECK(world.catalogue.run(late)->state == "complete");
  CHECK(world.catalogue.run(late)->snapshot == "aa");
  result.state = "failed";
  next.result(world.host, result);
  CHECK(world.catalogue.run(late)->state == "complete");
  CHECK(world.catalogue.unended_runs().size() == 2);
}

TEST_CASE("a run that went on without its command is failed when its host carries out nothing any more, or says nothing for a day") {
  World world;
  const RunId first = world.enqueue("first");
  world.board.progress(world.host, {.run = first, .phase = "backup"});
  RunBoard next(world.catalogue, world.clock);
  next.give_up_left_runs();
  CHECK(world.catalogue.run(first)->state == "running");
  Order order;
  order.run = world.random.id<RunId>(), order.host = world.host, order.kind = "backup";
  next.enqueue(order, {.text = "second", .key = "", .signature = ""});
  next.progress(world.host, {.run = order.run, .phase = "backup"});
  (void)next.next_for(world.host, Duration(0), {});
  CHECK(from_json<RunResult>(world.catalogue.run(first)->result)->errors.at(0).text ==
        "the command that began it has ended, and its host does not carry it out any more");
  CHECK(world.catalogue.run(order.run)->state == "running");
  world.clock.sleep(kRunLateAfter);
  RunBoard last(world.catalogue, world.clock);
  last.give_up_left_runs();
  CHECK(from_json<RunResult>(world.catalogue.run(order.run)->result)->errors.at(0).text ==
        "the command that began it has ended, and its host has not told the end of it for a day");
  CHECK(world.catalogue.unended_runs().size() == 2);
  world.clock.sleep(kRunOverAfter);
  last.give_up_left_runs();
  CHECK(world.catalogue.unended_runs().empty());
  CHECK(world.catalogue.run(first)->state == "failed");
}
