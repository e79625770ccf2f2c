// What is left in a host's folders goes: the memories of jobs that are not run any more, and what killed backups left half written.
#include "agent/backup/retired_jobs.h"

#include <sys/wait.h>
#include <unistd.h>

#include "agent/backup/outbox.h"
#include "test/support/catch.h"
#include "test/unit/agent/backup/backup_bench.h"

using namespace sparekeep;
using namespace sparekeep::agent;
using std::chrono::days;

namespace {

using Texts = std::vector<std::string>;

void write_aged(const Path& file, days age) {
  write_durably(file, as_bytes("x")).value();
  std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - age);
}

}  // namespace

TEST_CASE("files of jobs that have not run for long go, the vault's own and the job's that runs stay") {
  const TemporaryFolder folder;
  const JobId own{{1}}, retired{{2}}, rare{{3}}, daily{{4}};
  write_aged(folder / (own.hex() + ".snapshot"), days(1000));
  for (const char* name : {".snapshot", ".manifest", ".journal"}) write_aged(folder / (retired.hex() + name), days(201));
  write_aged(folder / (rare.hex() + ".snapshot"), days(199));
  write_aged(folder / (daily.hex() + ".manifest"), days(300));         // not all of it is written each time
  write_aged(folder / (daily.hex() + ".snapshot"), days(0));
  for (const char* name : {"vault.key", "descriptor", "chunk-marks"}) write_aged(folder / name, days(2000));
  remove_retired_jobs(folder.path(), own);
  CHECK(list_folder(folder.path()).value() == Texts{own.hex() + ".snapshot", rare.hex() + ".snapshot", daily.hex() + ".manifest", daily.hex() + ".snapshot",
                                                    "chunk-marks", "descriptor", "vault.key"});
}

TEST_CASE("a host that has backed up nothing for years has no retired jobs") {
  const TemporaryFolder folder;
  for (const uint8_t job : {1, 2, 3}) write_aged(folder / (JobId{{job}}.hex() + ".snapshot"), days(2000 + job));
  remove_retired_jobs(folder.path(), JobId{{9}});
  CHECK(list_folder(folder.path()).value().size() == 3);
}

TEST_CASE("a job that ran while the clock was far ahead makes no other one retired") {
  const TemporaryFolder folder;
  const JobId ahead{{1}}, own{{2}}, other{{3}}, retired{{4}};
  write_aged(folder / (ahead.hex() + ".snapshot"), days(-26'000));
  write_aged(folder / (own.hex() + ".snapshot"), days(1));
  write_aged(folder / (other.hex() + ".snapshot"), days(2));
  write_aged(folder / (retired.hex() + ".snapshot"), days(300));
  for (const JobId& running : {own, ahead}) {
    remove_retired_jobs(folder.path(), running);
    CHECK(list_folder(folder.path()).value() == Texts{ahead.hex() + ".snapshot", own.hex() + ".snapshot", other.hex() + ".snapshot"});
  }
}

TEST_CASE("a backup removes what killed ones left half written, and the memories of retired jobs") {
  BackupBench bench(4);
  bench.write("file", 1000, 1);
  const Path vault = bench.vault.folder(), waiting = bench.state / "waiting";
  const pid_t ended = ::fork();
  if (ended == 0) ::_exit(0);
  REQUIRE(::waitpid(ended, nullptr, 0) == ended);
  const std::string left = ".sk-" + std::to_string(ended) + "-7", under_way = ".sk-" + std::to_string(::getppid()) + "-7";
  make_folders(waiting).value();
  for (const Path& file : {vault / left, waiting / left, waiting / under_way}) write_durably(file, as_bytes("x")).value();
  bench.back_up({2, 2});
  const std::string retired = JobId{{7}}.hex() + ".snapshot";
  write_aged(vault / retired, days(300));
  bench.back_up({2, 2});
  CHECK_FALSE(std::filesystem::exists(vault / left));
  CHECK_FALSE(std::filesystem::exists(vault / retired));
  CHECK_FALSE(std::filesystem::exists(waiting / left));
  CHECK(std::filesystem::exists(waiting / under_way));               // the service keeps results there, whoever backs up
}
