// What `jobs` says of runs whose command was killed, and of jobs in a catalogue that was made again; and a catalogue that is damaged.
#include "installer/central/running_central.h"
#include "installer/central/state.h"
#include "lib/wire/json.h"
#include "test/support/catch.h"
#include "test/unit/installer/commands/typed.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

struct Central : Typed {
  Central() { REQUIRE(init().code == 0); }
  std::unique_ptr<RunningCentral> open() const {
    return std::make_unique<RunningCentral>(CentralOptions{.state = state, .wait_lock = {}, .address = "127.0.0.1", .port = {}}, system_clock(), system_random());
  }
  JobEntry put_job(Catalogue& catalogue) const {
    JobEntry job;
    job.id = system_random().id<JobId>(), job.name = "web", job.playbook = "nightly", job.kind = "backup", job.data = job.parity = 2;
    catalogue.put_job(job);
    return job;
  }
  // A job, and an order of it from a command that ends before its host has said a word.
  void order(const std::string& kind) const {
    const auto running = open();
    Order order;
    order.kind = kind, order.job = put_job(running->catalogue()).id, order.host = system_random().id<HostId>();
    running->enqueue(order);
  }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a job that was never run is so") {
  const Central central;
  central.put_job(central.open()->catalogue());
  const Ran json = central.run({"jobs", "--json"});
  CHECK(json.code == 0);
  CHECK(contains(json.out, "\"last_run\":null,\"last_state\":null,\"last_error\":null}"));
  CHECK(contains(central.run({"jobs"}).out, "never"));
}

TEST_CASE("a catalogue that was made again knows of runs what snapshots tell") {
  const Central central;
  {
    const auto running = central.open();
    const JobEntry job = central.put_job(running->catalogue());
    for (int i = 1; i <= 2; ++i) {
      SnapshotEntry snapshot;
      snapshot.id = system_random().id<SnapshotId>(), snapshot.revision = 1, snapshot.job = job.id, snapshot.metadata.job = job.name;
      snapshot.began = snapshot.ended = {i * 86'400'000'000'000}, snapshot.sequence = static_cast<uint64_t>(i), snapshot.degraded = i == 2;
      snapshot.metadata_json = "{}";
      running->catalogue().put_snapshot(snapshot, as_bytes("a record"));
    }
  }
  CHECK(contains(central.run({"jobs", "--json"}).out, "\"last_run\":\"1970-01-03T00:00:00Z\",\"last_state\":\"degraded\",\"last_error\":null}"));
}

TEST_CASE("a run whose command was killed before its host said a word is failed, and says why") {
  const Central central;
  central.order("backup");
  const std::string why = "the command that began it ended before its host said a word of it";
  CHECK(contains(central.run({"jobs", "--json"}).out, "\"last_state\":\"failed\",\"last_error\":\"" + why + "\"}"));
  CHECK(central.run({"jobs"}).out.ends_with("\njob 'web': " + why + "\n"));
}

TEST_CASE("the last run is the one that came last, also where the clock was ahead before and is right again") {
  const Central central;
  {
    const auto running = central.open();
    const JobEntry job = central.put_job(running->catalogue());
    for (const int64_t day : {400, 1}) {
      const Time queued{day * 86'400'000'000'000};
      running->catalogue().put_run({.id = system_random().id<RunId>(), .job = job.id, .host = {}, .kind = "backup", .state = day == 1 ? "complete" : "failed",
                                    .snapshot = "", .queued = queued, .taken = queued, .ended = queued, .order = "", .result = ""});
    }
  }
  CHECK(contains(central.run({"jobs", "--json"}).out, "\"last_run\":\"1970-01-02T00:00:00Z\",\"last_state\":\"complete\",\"last_error\":null}"));
}

TEST_CASE("a restore of a job's snapshot by hand is no run of the job") {
  const Central central;
  central.order("restore");
  CHECK(contains(central.run({"jobs", "--json"}).out, "\"last_run\":null,\"last_state\":null,\"last_error\":null}"));
}

TEST_CASE("a damaged catalogue is named with what to do, and that works") {
  const Central central;
  central.put_job(central.open()->catalogue());
  const Path file = StatePaths{central.state}.catalogue();
  const Bytes garbage(20'000, 'x');
  REQUIRE(write_durably(file, garbage));
  const Ran refused = central.run({"jobs"});
  CHECK(refused.code == 1);
  CHECK(refused.err == "error: database '" + file.string() + "': file is not a database; move catalogue.db away, with catalogue.db-wal and " +
                           "catalogue.db-shm, and the next command makes it again from what the storage systems hold\n");
  CHECK(read_file(file, 1 << 20).value() == garbage);
  std::filesystem::rename(file, file.native() + ".old");
  const Ran again = central.run({"jobs"});
  CHECK(again.code == 0);
  CHECK(again.out == "no jobs are declared; sparekeep apply PLAYBOOK declares them\n");
}

TEST_CASE("snapshots are chosen by names and globs of jobs and hosts") {
  const Central central;
  {
    const auto running = central.open();
    for (const auto& [job, host] : {std::pair{"web-content", "web1"}, {"web-logs", "web2"}, {"db", "db1"}}) {
      SnapshotEntry snapshot;
      snapshot.id = system_random().id<SnapshotId>(), snapshot.revision = 1, snapshot.job = system_random().id<JobId>();
      snapshot.metadata.job = job, snapshot.metadata.host = host, snapshot.metadata_json = to_json(snapshot.metadata);
      running->catalogue().put_snapshot(snapshot, as_bytes("a record"));
    }
  }
  const auto shown = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"snapshots", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const std::string out = central.run(arguments).out;
    std::string hosts;
    for (const char* host : {"web1", "web2", "db1"})
      if (contains(out, "\"host\":\"" + std::string(host) + "\"")) hosts += std::string(host) + " ";
    return hosts;
  };
  CHECK(shown({}) == "web1 web2 db1 ");
  CHECK(shown({"--job", "web-*"}) == "web1 web2 ");
  CHECK(shown({"--job", "web-logs"}) == "web2 ");
  CHECK(shown({"--host", "*1"}) == "web1 db1 ");
  CHECK(shown({"--host", "web[12]", "--job", "*content"}) == "web1 ");
  CHECK(shown({"--job", "web"}) == "");
}
