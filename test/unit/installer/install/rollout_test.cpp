#include "installer/install/rollout.h"

#include "test/support/catch.h"
#include "test/support/still_clock.h"

#include <sstream>

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

struct World {
  std::istringstream in;
  std::ostringstream out, err;
  Console console{{in, out, err}, {}};
  StillClock clock;
  HostTasks tasks{console, clock};

  void fail(const std::string& host) { tasks.add(host, TaskState::failed, "programs"); }
};

const std::vector<std::string> kHosts{"h1", "h2", "h3", "h4", "h5"};

std::vector<size_t> sizes(const std::vector<HostShare>& serial, const std::vector<std::string>& hosts = kHosts) {
  World world;
  std::vector<size_t> out;
  size_t next = 0;
  const Rollout rollout(hosts, {.serial = serial}, world.tasks);
  for (const Rollout::Batch& batch : rollout.batches()) {
    CHECK(batch.first == next);
    next += batch.count;
    out.push_back(batch.count);
  }
  CHECK(next == hosts.size());
  return out;
}

std::string refused(std::string_view text, uint32_t min = 1) {
  try {
    parse_host_share("serial", text, min);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.text();
  }
  return "";
}

using Sizes = std::vector<size_t>;

}  // namespace

TEST_CASE("a share is a number or a percentage") {
  CHECK(parse_host_share("serial", "3", 1).text() == "3");
  CHECK(parse_host_share("serial", "30%", 1).text() == "30%");
  CHECK(parse_host_share("max-fail", "0%", 0).text() == "0%");
  CHECK(refused("0") == "--serial is '0'; a number of hosts from 1, or a percentage from 1% to 100%, is expected");
  for (const char* text : {"", "%", "101%", "-1", "1.5", "3 %", "x", "0x3", "99999999999", "+1", "1%%"}) CHECK(refused(text) != "");
  CHECK(refused("0", 0) == "");
}

TEST_CASE("batches: as large as said, the last size for all that follow, never empty") {
  CHECK(sizes({}) == Sizes{5});
  CHECK(sizes({{2, false}}) == Sizes{2, 2, 1});
  CHECK(sizes({{1, false}, {3, false}}) == Sizes{1, 3, 1});
  CHECK(sizes({{40, true}}) == Sizes{2, 2, 1});
  CHECK(sizes({{1, true}}) == Sizes{1, 1, 1, 1, 1});
  CHECK(sizes({{100, true}}) == Sizes{5});
  CHECK(sizes({{9, false}}) == Sizes{5});
  CHECK(sizes({{2, false}}, {}).empty());
}

TEST_CASE("a number counts failed and unreachable hosts of all, each once") {
  World world;
  Rollout rollout(kHosts, {.serial = {{2, false}}, .failures_max = HostShare{1, false}}, world.tasks);
  world.fail("h1"), world.fail("h1"), world.fail("other");
  CHECK_FALSE(rollout.why_over());
  world.tasks.add("h3", TaskState::unreachable, "facts");
  CHECK(rollout.why_over() == "2 hosts failed (h1, h3), and --max-fail is 1");
}

TEST_CASE("a percentage counts within each batch") {
  World world;
  Rollout rollout(kHosts, {.serial = {{2, false}}, .failures_max = HostShare{50, true}}, world.tasks);
  world.fail("h1"), world.fail("h4");
  CHECK_FALSE(rollout.why_over());
  world.fail("h5");                          // all of a batch of one
  CHECK(rollout.why_over() == "1 host failed (h5) of a batch of 1, and --max-fail is 50%");
  world.fail("h2");
  CHECK(rollout.why_over() == "1 host failed (h5) of a batch of 1, and --max-fail is 50%");   // it stays over as it was
}

TEST_CASE("none may fail: the first one ends it") {
  World world;
  Rollout rollout(kHosts, {.failures_max = HostShare{0, false}}, world.tasks);
  CHECK_FALSE(rollout.why_over());
  world.fail("h5");
  CHECK(rollout.why_over() == "1 host failed (h5), and --max-fail is 0");
}

TEST_CASE("without a word on failures: one batch goes to its end, of several one without a good host ends it") {
  World world;
  Rollout whole(kHosts, {}, world.tasks), rolling(kHosts, {.serial = {{2, false}}}, world.tasks);
  world.fail("h1");
  CHECK_FALSE(rolling.why_over());
  world.fail("h2");
  CHECK(rolling.why_over() == "all hosts of a batch failed (h1, h2); --max-fail allows more");
  for (const std::string& host : kHosts) world.fail(host);
  CHECK_FALSE(whole.why_over());
}

TEST_CASE("a host is found in its batch") {
  World world;
  const Rollout rollout(kHosts, {.serial = {{2, false}}}, world.tasks);
  CHECK(rollout.batch_of("h1") == 0);
  CHECK(rollout.batch_of("h4") == 1);
  CHECK(rollout.batch_of("h5") == 2);
  CHECK(rollout.batch_of("other") == 0);
}
