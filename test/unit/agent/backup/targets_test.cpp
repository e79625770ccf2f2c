// Systems of one backup: who failed is passed over for its rest.
#include "agent/backup/targets.h"

#include "lib/base/random.h"
#include "test/support/catch.h"
#include "test/support/faulty_store.h"
#include "test/support/still_clock.h"

using namespace sparekeep;
using namespace sparekeep::agent;

TEST_CASE("placement's order is kept, without systems that failed and those of which nobody has heard") {
  StillClock clock;
  SeededRandom random(1);
  std::vector<HostId> hosts;
  std::map<HostId, std::shared_ptr<ShardStore>> stores;
  for (int i = 0; i < 3; ++i) {
    hosts.push_back(random.id<HostId>());
    stores[hosts.back()] = std::make_shared<FaultyStore>("store" + std::to_string(i + 1), hosts.back(), clock);
  }
  const HostId unknown = random.id<HostId>();
  Targets targets(stores, [&](const PackId&, uint64_t length) {
    return length > 100 ? std::vector<HostId>{hosts[2]} : std::vector<HostId>{hosts[2], unknown, hosts[0], hosts[1]};
  });
  CHECK(targets.order(PackId(), 10) == std::vector<HostId>{hosts[2], hosts[0], hosts[1]});
  CHECK(targets.room(10) == 3);
  CHECK(targets.room(1000) == 1);
  targets.failed(hosts[0], Error(ErrorKind::timeout, "store1: no answer"));
  targets.failed(hosts[0], Error(ErrorKind::timeout, "store1: the same again"));
  CHECK(targets.order(PackId(), 10) == std::vector<HostId>{hosts[2], hosts[1]});
  CHECK(targets.has_failed(hosts[0]));
  CHECK_FALSE(targets.has_failed(hosts[1]));
  CHECK(targets.failed_hosts() == std::set<HostId>{hosts[0]});
  CHECK(targets.failures() == std::vector<std::string>{"store1: no answer"});
  CHECK(targets.name_of(hosts[0]) == "store1");
  CHECK(targets.name_of(unknown) == unknown.hex());
  CHECK(targets.store(unknown) == nullptr);
  targets.has_room(hosts[2], 10'000);
  CHECK(targets.reserve(hosts[2], 5000));              // of 8192 that it takes on disk
  CHECK_FALSE(targets.reserve(hosts[2], 5000));
  CHECK(targets.reserve(hosts[2], 1800));
  CHECK(targets.order(PackId(), 10) == std::vector<HostId>{hosts[1]});
  CHECK(targets.room(10) == 1);
  CHECK_FALSE(targets.has_failed(hosts[2]));
  CHECK(targets.failures() == std::vector<std::string>{"store1: no answer", "store3: no room for 10 B: 0 B available"});
}
