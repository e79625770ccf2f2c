// Deletion: nobody takes a shard away while a record names it or its lock time has not passed, whatever clocks say.
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/shards/lock_age.h"
#include "daemon/shards/lock_time.h"
#include "daemon/shards/shard_index.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::daemon;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

class TwoClocks final : public Clock {                // wall and boot time that a test moves apart
 public:
  Time now() const override { return wall; }
  Duration boot_time() const override { return boot; }
  void sleep(Duration) override {}
  void pass(Duration duration) { wall = wall + duration, boot += duration; }
  Time wall{1'795'381'507'000'000'000};
  Duration boot{hours(1)};
};

const ShardId kShard{VaultId{{1}}, PackId{{2}}, {2, 2}, 1};
const EachShard kOne = [](const OnShard& on_shard) { on_shard(kShard); };
const RecordKey kRecord{kShard.vault, "00112233445566778899aabbccddeeff.1"};

int& syncs() {                                        // that the two below saw
  static int count = 0;
  return count;
}

}  // namespace

// Stand before those of the C library, and do the same.
extern "C" int fsync(int fd) { return ++syncs(), static_cast<int>(::syscall(SYS_fsync, fd)); }
extern "C" int fdatasync(int fd) { return ++syncs(), static_cast<int>(::syscall(SYS_fdatasync, fd)); }

TEST_CASE("lock age adds the smaller of both clocks, never less than nothing") {
  TwoClocks clock;
  LockAge age(clock, hours(5));
  clock.pass(minutes(10));
  CHECK(age.advance() == hours(5) + minutes(10));
  clock.wall = clock.wall + hours(24 * 365 * 10);     // the wall clock jumps ten years ahead
  clock.boot += minutes(1);
  CHECK(age.advance() == hours(5) + minutes(11));
  clock.wall = clock.wall - hours(24 * 365 * 20);     // and twenty back
  clock.boot += minutes(1);
  CHECK(age.advance() == hours(5) + minutes(11));
}

TEST_CASE("a shard is locked from its put on, and the lock outlives a restart") {
  const TemporaryFolder folder;
  TwoClocks clock;
  {
    ShardIndex index(folder / "index.db", clock);
    index.note_stored(kShard);
    CHECK(index.may_delete(kShard, hours(10)).error().text() == "shard " + kShard.name() + " is locked for another 10 h 0 m");
    clock.pass(hours(9));
    index.advance();
  }
  clock.wall = clock.wall + hours(1000);              // switched off: does not count
  clock.boot = Duration(0);
  ShardIndex index(folder / "index.db", clock);
  CHECK(index.may_delete(kShard, hours(10)).error().kind() == ErrorKind::locked);
  clock.pass(hours(1));
  index.advance();
  CHECK(index.may_delete(kShard, hours(10)).has_value());
}

TEST_CASE("a shard that is put again is locked from then on, whatever is still known of the one before it") {
  const TemporaryFolder folder;
  TwoClocks clock;
  ShardIndex index(folder / "index.db", clock);
  index.note_stored(kShard);
  clock.pass(hours(24));
  index.advance();
  CHECK(index.may_delete(kShard, hours(10)).has_value());
  index.note_stored(kShard);                          // killed before forget(), when the other one had been let go
  CHECK(index.may_delete(kShard, hours(10)).error().text() == "shard " + kShard.name() + " is locked for another 10 h 0 m");
}

TEST_CASE("to note that a shard is stored waits for no disk, unless it takes the place of an older note, which must not come back") {
  const TemporaryFolder folder;
  TwoClocks clock;
  ShardIndex index(folder / "index.db", clock);
  const auto note = [&](uint8_t pack) { index.note_stored({kShard.vault, PackId{{pack}}, {2, 2}, 1}); };
  note(10);                                           // the first one begins a file
  const int before = syncs();
  for (uint8_t pack = 11; pack < 40; ++pack) note(pack);
  CHECK(syncs() == before);
  note(20);
  CHECK(syncs() > before);
  const int noted = syncs();
  index.pin(kRecord, {kRecord.name, 1, clock.now(), "d"}, kOne, [] {});
  CHECK(syncs() > noted);
}

TEST_CASE("a shard stored long ago and named by yesterday's record cannot be deleted, and is locked from then on without it") {
  const TemporaryFolder folder;
  TwoClocks clock;
  std::optional<ShardIndex> index(std::in_place, folder / "index.db", clock);
  index->note_stored(kShard);
  clock.pass(hours(24 * 365));
  index->advance();
  CHECK(index->may_delete(kShard, hours(720)).has_value());
  bool published = false;
  index->pin(kRecord, {kRecord.name, 1, clock.now(), "d"}, kOne, [&] { published = true; });
  CHECK(published);
  clock.pass(hours(24));
  index->advance();
  CHECK(index->may_delete(kShard, hours(720)).error().text() == "shard " + kShard.name() + " is named by record " + kRecord.name);
  index.reset();
  Database(folder / "index.db", std::vector<std::string>(ShardIndex::kSchemaVersion)).statement("DELETE FROM pins").run();
  index.emplace(folder / "index.db", clock);
  CHECK(index->may_delete(kShard, hours(720)).error().text() == "shard " + kShard.name() + " is locked for another 696 h 0 m");
}

TEST_CASE("what the index does not know counts as named at the first question, not at each one") {
  const TemporaryFolder folder;
  TwoClocks clock;
  ShardIndex index(folder / "index.db", clock);
  CHECK(index.may_delete(kShard, hours(1)).error().kind() == ErrorKind::locked);
  clock.pass(minutes(59));
  CHECK(index.may_delete(kShard, hours(1)).error().kind() == ErrorKind::locked);
  clock.pass(minutes(1));
  CHECK(index.may_delete(kShard, hours(1)).has_value());
}

TEST_CASE("a lock runs from the moment at which a shard was named, not from the last minute that went to disk") {
  const TemporaryFolder folder;
  TwoClocks clock;
  ShardIndex index(folder / "index.db", clock);
  clock.pass(std::chrono::seconds(59));               // nothing has gone to disk since the start
  index.note_stored(kShard);
  clock.pass(hours(1) - std::chrono::seconds(1));
  CHECK(index.may_delete(kShard, hours(1)).error().kind() == ErrorKind::locked);
  clock.pass(std::chrono::seconds(1));
  CHECK(index.may_delete(kShard, hours(1)).has_value());
}

TEST_CASE("the lock time is made longer by whoever installs, and shorter on the host alone") {
  const TemporaryFolder state;
  CHECK(kept_lock(state.path()).error().kind() == ErrorKind::not_found);
  CHECK(raise_lock(state.path(), hours(10)) == hours(10));
  CHECK(raise_lock(state.path(), hours(1)) == hours(10));
  CHECK(raise_lock(state.path(), hours(30)) == hours(30));
  REQUIRE(lower_lock(state.path(), hours(2)));
  CHECK(raise_lock(state.path(), hours(1)) == hours(2));
  REQUIRE(write_durably(state / "lock-time", as_bytes("soon\n")));
  CHECK(raise_lock(state.path(), hours(1)) == Duration::max());   // then nothing is let go
  CHECK(read_text(state / "lock-time", 100).value() == "soon\n");
}

TEST_CASE("a record that could not be made durable pins nothing") {
  const TemporaryFolder folder;
  TwoClocks clock;
  ShardIndex index(folder / "index.db", clock);
  index.note_stored(kShard);
  CHECK_THROWS_AS(index.pin(kRecord, {kRecord.name, 1, clock.now(), "d"}, kOne, [] { throw Error(ErrorKind::no_space, "full"); }), Error);
  CHECK_FALSE(index.knows(kRecord));
  CHECK(index.records_of(kShard.vault).empty());
}
