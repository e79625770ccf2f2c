// A host that was set back to an older image of itself: no number of a record is given out twice, whatever systems say.
#include "agent/backup/vault_head.h"

#include "test/support/catch.h"
#include "test/unit/agent/backup/backup_bench.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

struct Bench : BackupBench {
  Bench() : BackupBench(3) {}
  RunResult next() {
    write("file", 10'000, ++seed);
    return back_up(copies(2));
  }
  uint64_t sequence_of(const RunResult& run) const { return record(run).public_section().sequence; }
  Path head_file() const { return vault.folder() / "head"; }
  Bytes head_bytes() const { return read_file(head_file(), 1000).value(); }
  void all_say(const std::optional<NewestRecord>& record) {
    for (const auto& system : systems) system->says_newest = [record] { return record; };
  }
  uint64_t seed = 0;
};

}  // namespace

TEST_CASE("the next record of a host that was set back follows the newest one that its systems hold") {
  Bench bench;
  bench.next();
  const Bytes older = bench.head_bytes();
  bench.next();
  const RunResult newest = bench.next();
  CHECK(newest.warnings.empty());
  write_durably(bench.head_file(), older).value();
  bench.systems[0]->state = StoreState::dead;              // one that answers is enough
  const RunResult after = bench.next();
  bench.systems[0]->state = StoreState::well;
  CHECK(bench.systems[1]->state == StoreState::well);
  const SnapshotRecord record = SnapshotRecord::read(bench.systems[1]->inside().get_object(bench.vault.descriptor().vault, StoredKind::record,
                                                     after.snapshot + ".1", Deadline(bench.clock, std::chrono::seconds(1))).value(),
                                                     bench.vault.signer().public_key()).value();
  CHECK(record.public_section().sequence == 4);
  CHECK(record.public_section().previous == bench.record(newest).digest());
  REQUIRE_FALSE(after.warnings.empty());
  CHECK(after.warnings[0] == "systems hold record 3 of this host's vault, and the host knows of 1: it was set back to an older copy; the next one is number 4");
  const RunResult last = bench.next();
  CHECK(bench.sequence_of(last) == 5);
  CHECK(last.warnings.empty());
}

TEST_CASE("a vault's head that is lost or damaged is what systems hold; where none tells, no record is made") {
  for (const bool damaged : {false, true}) {
    Bench bench;
    bench.next();
    bench.next();
    const auto lose = [&] {
      std::filesystem::remove(bench.head_file());
      if (damaged) write_durably(bench.head_file(), as_bytes("damaged")).value();
    };
    lose();
    bench.all_say(std::nullopt);                           // as earlier releases do
    CHECK_THROWS_AS(bench.next(), Error);
    for (const auto& system : bench.systems) system->says_newest = {};
    const RunResult after = bench.next();
    CHECK(bench.sequence_of(after) == 3);
    REQUIRE(after.warnings.size() == 1);
    CHECK(after.warnings[0].starts_with("systems hold record 2 of this host's vault, and what the host remembers of it is lost: "));
    CHECK(after.warnings[0].ends_with("; the next one is number 3"));
  }
}

TEST_CASE("no system can move the number of the next record by what it does not hold") {
  Bench bench;
  const RunResult first = bench.next();
  bench.all_say(NewestRecord{first.snapshot + ".1", UINT64_MAX});      // another number than that record's
  CHECK(bench.sequence_of(bench.next()) == 2);
  bench.all_say(NewestRecord{bench.random.id<SnapshotId>().hex() + ".1", 7});
  CHECK(bench.sequence_of(bench.next()) == 3);
  bench.all_say(NewestRecord{"../1", 7});
  const RunResult last = bench.next();
  CHECK(bench.sequence_of(last) == 4);
  CHECK(last.warnings.empty());
}

TEST_CASE("a vault that an earlier release made, without a head before its first record, begins at one") {
  Bench bench;
  std::filesystem::remove(bench.head_file());
  CHECK(bench.sequence_of(bench.next()) == 1);
}
