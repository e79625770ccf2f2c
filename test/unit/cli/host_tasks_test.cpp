#include "lib/cli/host_tasks.h"

#include "test/support/catch.h"

#include <sstream>

using namespace sparekeep;

namespace {

struct World {
  std::istringstream in;
  std::ostringstream out, err;
  Streams streams() { return {in, out, err}; }
};

}  // namespace

TEST_CASE("a line per task, and the recap") {
  World world;
  Console console(world.streams(), {});
  HostTasks tasks(console);
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
  HostTasks tasks(console);
  tasks.add("web1", TaskState::skipped, "units", "not asked for");
  tasks.print_recap();
  CHECK(world.out.str() == "{\"type\":\"task\",\"host\":\"web1\",\"state\":\"skipped\",\"task\":\"units\",\"detail\":\"not asked for\"}\n");
  CHECK_FALSE(tasks.any_changed());
  CHECK(tasks.outcome().exit_code() == 0);
}
