#include "lib/cli/host_tasks.h"

#include "test/support/catch.h"
#include "test/support/still_clock.h"

#include <sstream>

using namespace sparekeep;

namespace {

struct World {
  std::istringstream in;
  std::ostringstream out, err;
  StillClock clock;
  Streams streams() { return {in, out, err}; }
};

}  // namespace

TEST_CASE("a line per task, and the recap") {
  World world;
  Console console(world.streams(), {});
  HostTasks tasks(console, world.clock);
  tasks.add_host("store1");
  tasks.add("web1", TaskState::unreachable, "connect", "timed out");
  tasks.add("store1", TaskState::changed, "programs");
  tasks.add("store1", TaskState::ok, "units");
  tasks.print_recap();
  CHECK(world.out.str() ==
        "unreachable: web1  connect: timed out\n"
        "changed:     store1  programs\n"
        "ok:          store1  units\n"
        "host    ok  changed  failed  unreachable  skipped\n"
        "store1   1        1       0            0        0\n"
        "web1     0        0       0            1        0\n");
  CHECK(tasks.hosts_json().text() ==
        "[{\"name\":\"store1\",\"ok\":1,\"changed\":1,\"failed\":0,\"unreachable\":0,\"skipped\":0},"
        "{\"name\":\"web1\",\"ok\":0,\"changed\":0,\"failed\":0,\"unreachable\":1,\"skipped\":0}]");
  CHECK(tasks.any_changed());
  CHECK(tasks.outcome().exit_code() == 5);
  tasks.add("web1", TaskState::failed, "programs");
  CHECK(tasks.outcome().exit_code() == 4);
}

TEST_CASE("with --json each task is a line of JSON") {
  World world;
  Console console(world.streams(), {.json = true});
  HostTasks tasks(console, world.clock);
  tasks.add("web1", TaskState::skipped, "units", "not asked for");
  tasks.print_recap();
  CHECK(world.out.str() == "{\"type\":\"task\",\"host\":\"web1\",\"state\":\"skipped\",\"task\":\"units\",\"detail\":\"not asked for\"}\n");
  CHECK_FALSE(tasks.any_changed());
  CHECK(tasks.outcome().exit_code() == 0);
}

TEST_CASE("the recap is coloured by what a host came to") {
  World world;
  Console console(world.streams(), {.quiet = true, .color_out = true});
  HostTasks tasks(console, world.clock);
  tasks.add("a", TaskState::ok, "units"), tasks.add("b", TaskState::changed, "units"), tasks.add("c", TaskState::failed, "units");
  tasks.leave("d", "rollout", "too many failed");
  tasks.print_recap();
  CHECK(world.out.str() ==
        "\x1b[31mfailed:      c  units\x1b[0m\n"             // -q does not hide it
        "host  ok  changed  failed  unreachable  skipped\n"
        "\x1b[32ma      1        0       0            0        0\x1b[0m\n"
        "\x1b[33mb      0        1       0            0        0\x1b[0m\n"
        "\x1b[31mc      0        0       1            0        0\x1b[0m\n"
        "\x1b[34md      0        0       0            0        1\x1b[0m\n");
}

TEST_CASE("hosts that failed, and those that were not begun, are not done") {
  World world;
  Console console(world.streams(), {});
  HostTasks tasks(console, world.clock);
  tasks.add("h1", TaskState::changed, "units"), tasks.add("h2", TaskState::unreachable, "facts"), tasks.add("h3", TaskState::skipped, "backup");
  tasks.leave("h4", "rollout", "h2 failed");
  CHECK(tasks.failed_hosts() == std::set<std::string>{"h2"});
  CHECK(tasks.not_done() == std::vector<std::string>{"h2", "h4"});
  for (const char* host : {"h1", "h2"}) tasks.begin(host), tasks.end(host);
  tasks.begin("h5");
  CHECK(tasks.done_hosts() == std::set<std::string>{"h1"});
  CHECK(world.out.str().ends_with("skipped:     h4  rollout: not begun: h2 failed\n"));
  CHECK(tasks.outcome().exit_code() == 5);
}

TEST_CASE("the time of a task runs from the task before it, or from the begin of its host") {
  World world;
  Console console(world.streams(), {});
  HostTasks tasks(console, world.clock);
  tasks.add_host("h1"), tasks.add_host("h2");
  world.clock.sleep(std::chrono::seconds(5));
  tasks.begin("h1");
  world.clock.sleep(std::chrono::milliseconds(1500));
  tasks.add("h1", TaskState::changed, "programs", "x");
  tasks.add("h1", TaskState::ok, "units");
  world.clock.sleep(std::chrono::seconds(1));
  tasks.add("h1", TaskState::failed, "backup a", "", 0.25);
  const std::vector<TaskRecord> records = tasks.records();
  REQUIRE(records.size() == 3);
  CHECK(records[0].host == "h1");
  CHECK(records[0].task == "programs");
  CHECK(records[0].detail == "x");
  CHECK(records[0].seconds == 1.5);
  CHECK(records[1].seconds == 0);
  CHECK(records[2].seconds == 0.25);
  CHECK(records[2].state == TaskState::failed);
}

TEST_CASE("on a terminal it is shown how many hosts are done, and which are worked on") {
  World world;
  Streams streams = world.streams();
  streams.err_is_terminal = true;
  Console console(streams, {});
  HostTasks tasks(console, world.clock);
  for (const char* host : {"h1", "h2", "h3"}) tasks.add_host(host);
  tasks.begin("h1"), tasks.begin("h2");
  tasks.end("h1");
  CHECK(world.err.str().ends_with("1 of 3 hosts; at work on h2"));
  tasks.end("h2");
  CHECK(world.err.str().ends_with("\r\x1b[K"));
}
