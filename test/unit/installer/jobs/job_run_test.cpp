#include "installer/jobs/job_run.h"

#include "installer/jobs/progress_board.h"
#include "test/support/catch.h"

namespace sparekeep::central {

namespace {

JobRun run_of(const std::string& kind, const std::string& state, const std::vector<RunError>& errors = {}) {
  JobRun run{.job = "content", .host = "web1", .kind = kind};
  run.result.state = state;
  run.result.errors = errors;
  return run;
}

int code(const JobRun& run) { return outcome_of(run).exit_code(); }

}  // namespace

TEST_CASE("each state of a run has its exit code") {
  CHECK(code(run_of("backup", "complete")) == 0);
  CHECK(code(run_of("backup", "skipped")) == 0);
  CHECK(code(run_of("backup", "would run")) == 0);
  CHECK(code(run_of("backup", "partial")) == 3);
  CHECK(code(run_of("backup", "degraded")) == 13);
  CHECK(code(run_of("backup", "pending")) == 13);
  CHECK(code(run_of("backup", "failed")) == 4);
  CHECK(code(run_of("backup", "failed", {{"no_space", "", "full"}})) == 4);
  CHECK(code(run_of("restore", "failed", {{"failed", "/a", "x"}, {"lost", "/b", "y"}})) == 14);
  CHECK(code(run_of("restore", "failed", {{"unreachable", "", "x"}})) == 5);
  CHECK(code(run_of("restore", "failed", {{"unreachable", "/a", "x"}})) == 14);        // a file whose systems are away
  CHECK(code(run_of("restore", "failed", {{"corrupt", "", "x"}, {"denied", "/b", "y"}})) == 14);
  CHECK(code(run_of("restore", "failed", {{"denied", "", "the order needs an admin's signature"}})) == 12);
  CHECK(code(run_of("restore", "failed", {{"denied", "/b", "a folder that may not be written"}})) == 4);
  CHECK(code(run_of("backup", "failed", {{"corrupt", "", "the vault's key"}})) == 4);
  CHECK(code(run_of("backup", "failed", {{"failed", "", "hook"}, {"partial", "/a", "x"}})) == 4);
  CHECK(code(run_of("backup", "unreachable")) == 5);
  JobRun run{.job = "content", .host = "web1", .kind = "backup"};
  run.result = result_of(Error(ErrorKind::denied, "escrow is offline"));
  CHECK(code(run) == 12);
  run.result = result_of(Error(ErrorKind::timeout, "not done within 5 s"));
  CHECK(run.result.state == "unreachable");
  CHECK(code(run) == 5);
  run.result = result_of(Error(ErrorKind::not_found, "there is no snapshot"));
  CHECK(run.result.state == "failed");
  CHECK(code(run) == 4);
}

TEST_CASE("a restore that wrote nothing is ok, one that wrote is changed") {
  JobRun run = run_of("restore", "complete");
  CHECK(task_state_of(run) == TaskState::ok);
  run.result.changed = 3;
  CHECK(task_state_of(run) == TaskState::changed);
  CHECK(task_state_of(run_of("backup", "partial")) == TaskState::changed);
  CHECK(task_state_of(run_of("backup", "would run")) == TaskState::skipped);
  CHECK(task_state_of(run_of("backup", "unreachable")) == TaskState::unreachable);
}

TEST_CASE("a run is told in one line") {
  JobRun run = run_of("backup", "complete");
  run.result.files = 1, run.result.bytes = 2048, run.result.new_bytes = 1024, run.result.snapshot = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
  run.seconds = 1.5;
  CHECK(detail_text(run) == "complete, 1 file, 2.0 KiB, 1.0 KiB new, 1.5 s, snapshot 0a1b2c3d4e5f");
  CHECK(detail_text(run_of("restore", "failed", {{"lost", "/srv/a", "2 of 4 shards"}, {"lost", "/srv/b", "x"}})) == "/srv/a: 2 of 4 shards (and 1 more)");
}

TEST_CASE("a run as JSON has the fields that checks rely on") {
  JobRun run = run_of("backup", "failed", {{"no_space", "/a\"b", "full"}});
  run.seconds = 2;
  CHECK(run_json(run).text() ==
        "{\"name\":\"content\",\"host\":\"web1\",\"kind\":\"backup\",\"state\":\"failed\",\"snapshot\":null,\"bytes\":0,\"new_bytes\":0,\"files\":0,"
        "\"changed\":0,\"seconds\":2,\"errors\":[{\"kind\":\"no_space\",\"path\":\"/a\\\"b\",\"text\":\"full\"}],\"warnings\":[],\"changes\":[]}");
}

TEST_CASE("progress says rate and time left") {
  CHECK(progress_text({.runs = 2, .phase = "backup", .files = 10, .bytes = 50 << 20, .bytes_total = 100 << 20, .elapsed = std::chrono::seconds(5)}) ==
        "2 runs, backup: 10 files, 50.0 MiB of 100.0 MiB, 50 %, 10.0 MiB/s, 5.0 s left");
  CHECK(progress_text({.runs = 1, .phase = "before"}) == "1 run, before: 0 files, 0 B");
  CHECK(progress_text({.silent = {"web1 since noon", "web2 since one"}}) == "not heard of: web1 since noon, web2 since one");
  CHECK(progress_text({.runs = 1, .phase = "before", .silent = {"web1 since noon"}}) == "not heard of: web1 since noon; 1 run, before: 0 files, 0 B");
}

}  // namespace sparekeep::central
