// What becomes of packs whose systems are gone, of a redundancy that was changed, and what a snapshot says of it.
#include <algorithm>
#include <mutex>

#include "test/support/catch.h"
#include "test/unit/agent/backup/backup_bench.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

constexpr size_t kBig = 26 << 20;                    // two packs

bool names(const std::vector<PackEntry>& packs, const HostId& host) {
  for (const PackEntry& pack : packs)
    if (std::count(pack.places.begin(), pack.places.end(), host) > 0) return true;
  return false;
}

// A system that holds a shard of the data.
FaultyStore& holder(const BackupBench& bench, const RunResult& run) {
  const HostId host = bench.packs(run, PackKind::data).at(0).places.at(0);
  return **std::find_if(bench.systems.begin(), bench.systems.end(), [&](const auto& system) { return system->host() == host; });
}

std::vector<Outbox::Item> waiting(const BackupBench& bench, OutboxStage stage) { return Outbox(bench.state / "waiting").items(stage); }

// Systems that die when a record of attempt number `i` is offered to them.
void die_at_commits(BackupBench& bench, const std::vector<std::set<size_t>>& dying) {
  struct Offered {
    std::mutex mutex;
    std::vector<std::string> names;
  };
  const auto offered = std::make_shared<Offered>();
  for (size_t system = 0; system < bench.systems.size(); ++system)
    bench.systems[system]->before_record = [&bench, offered, dying, system](std::string_view name) -> Result<void> {
      const std::lock_guard lock(offered->mutex);
      const auto known = std::find(offered->names.begin(), offered->names.end(), name);
      const size_t attempt = static_cast<size_t>(known - offered->names.begin());
      if (known == offered->names.end()) offered->names.emplace_back(name);
      if (attempt >= dying.size() || !dying[attempt].contains(system)) return {};
      bench.systems[system]->state = StoreState::dead;
      return Error(ErrorKind::unreachable, "connection reset");
    };
}

std::string state_in_record(const BackupBench& bench, const RunResult& run) {
  return std::string(name_of(bench.record(run).public_section().state));
}

}  // namespace

TEST_CASE("one system that is away moves nothing; when it is away again what it held is stored anew") {
  BackupBench bench(6);
  bench.write("big", kBig, 1);
  FaultyStore& gone = holder(bench, bench.back_up({2, 2}));
  gone.state = StoreState::dead;
  const RunResult first = bench.back_up({2, 2});
  CHECK(first.state == "degraded");
  CHECK(state_in_record(bench, first) == "degraded");
  CHECK(first.new_bytes < 1 << 20);
  const RunResult second = bench.back_up({2, 2});
  CHECK(second.state == "complete");
  CHECK(state_in_record(bench, second) == "complete");
  CHECK_FALSE(names(bench.packs(second, PackKind::data), gone.host()));
}

TEST_CASE("a system that is back in time moves nothing") {
  BackupBench bench(6);
  bench.write("big", kBig, 1);
  FaultyStore& restarting = holder(bench, bench.back_up({2, 2}));
  for (const StoreState state : {StoreState::dead, StoreState::well, StoreState::dead}) {
    restarting.state = state;
    CHECK(bench.back_up({2, 2}).new_bytes < 1 << 20);
  }
}

TEST_CASE("a system that left the master file is replaced by the next backup") {
  BackupBench bench(5);
  bench.write("big", kBig, 1);
  const HostId gone = holder(bench, bench.back_up({2, 2})).host();
  bench.unknown.insert(gone);
  const RunResult next = bench.back_up({2, 2});
  CHECK(next.state == "complete");
  CHECK_FALSE(names(bench.packs(next, PackKind::data), gone));
}

TEST_CASE("without room elsewhere nothing is given up: the snapshot is degraded, in its record, too, until there is room") {
  BackupBench bench(4);
  bench.write("big", kBig, 1);
  bench.systems[3]->state = StoreState::dead;
  for (int i = 0; i < 3; ++i) {
    const RunResult run = bench.back_up({2, 2});
    CHECK(run.state == "degraded");
    CHECK(state_in_record(bench, run) == "degraded");
    if (i > 0) CHECK(run.new_bytes < 1 << 20);
  }
  bench.systems[3]->state = StoreState::well;
  const RunResult healed = bench.back_up({2, 2});
  CHECK(healed.state == "complete");
  CHECK(state_in_record(bench, healed) == "complete");
  for (const PackEntry& pack : bench.packs(healed, PackKind::data)) CHECK_FALSE(names({pack}, HostId()));
}

TEST_CASE("systems that die between the upload and the commit cost one more attempt") {
  BackupBench bench(6);
  bench.write("big", kBig, 1);
  bench.back_up({2, 2});
  bench.write("new", 100'000, 2);
  bench.systems[5]->before_put = [&](const ShardId&) -> Result<void> {   // the first shard that comes is the end of two
    bench.systems[0]->state = bench.systems[1]->state = StoreState::dead;
    return {};
  };
  for (size_t i = 2; i < 5; ++i) bench.systems[i]->before_put = bench.systems[5]->before_put;
  const RunResult run = bench.back_up({2, 2});
  CHECK(run.state != "failed");
  CHECK_FALSE(run.snapshot.empty());
  CHECK(waiting(bench, OutboxStage::commit).empty());  // nothing that comes into force beside it when the two are back
  CHECK(waiting(bench, OutboxStage::send).size() == 2);
}

TEST_CASE("of the attempts of one run one alone waits for systems that did not take it: the last one") {
  BackupBench bench(10);
  bench.write("big", kBig, 1);
  bench.back_up({2, 2});
  bench.write("new", kBig, 2);
  die_at_commits(bench, {{0, 1, 2}, {3, 4, 5}, {6, 7}});
  CHECK_THROWS_WITH(bench.back_up({2, 2}), Catch::Contains("It is offered to the others again"));
  REQUIRE(bench.systems[6]->state == StoreState::dead);  // there were three
  const std::vector<Outbox::Item> left = waiting(bench, OutboxStage::commit);
  REQUIRE(left.size() == 1);
  const Bundle bundle = Outbox(bench.state / "waiting").load(left[0]).value();
  CHECK(record_of(bundle).value().public_section().sequence == bench.vault.head().value().sequence);
}

TEST_CASE("a snapshot that waits for systems goes on waiting when no other attempt gets as far, and the run says so") {
  BackupBench bench(4);
  bench.write("big", kBig, 1);
  bench.back_up({2, 2});
  die_at_commits(bench, {{0, 1}});
  CHECK_THROWS_WITH(bench.back_up({2, 2}), Catch::Contains("found room on 2 systems") && Catch::Contains("of an attempt before is offered to the others again"));
  CHECK(waiting(bench, OutboxStage::commit).size() == 1);
}

TEST_CASE("a higher redundancy is applied to what is stored already") {
  BackupBench bench(5);
  bench.write("big", kBig, 1);
  bench.back_up(copies(2));
  const RunResult higher = bench.back_up({2, 2});
  CHECK(higher.state == "complete");
  for (const PackEntry& pack : bench.packs(higher, PackKind::data)) CHECK(pack.layout.parity >= 2);
  for (const PackEntry& pack : bench.packs(higher, PackKind::metadata)) CHECK(pack.layout.count() >= 3);
  const RunResult lower = bench.back_up(copies(2));      // a lower one leaves what is there
  CHECK(lower.new_bytes < 1 << 20);
}

TEST_CASE("metadata on one system less than usual is no loss while it can lose as many as declared") {
  BackupBench bench(3);
  bench.write("big", kBig, 1);
  bench.systems[0]->state = StoreState::dead;
  const RunResult run = bench.back_up(copies(2));
  CHECK(run.state == "complete");
  CHECK(state_in_record(bench, run) == "complete");
}

TEST_CASE("metadata goes to no more systems than placement gives") {
  BackupBench bench(4);
  bench.write("big", kBig, 1);
  bench.without_room.insert(bench.systems[1]->host());
  const RunResult run = bench.back_up(copies(2));
  CHECK(run.state == "complete");
  for (const PackEntry& pack : bench.packs(run, PackKind::metadata)) CHECK(pack.layout == Layout{1, 2});
}
