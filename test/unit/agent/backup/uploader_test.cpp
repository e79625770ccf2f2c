// The uploader with systems that fail, fill up and take their time.
#include "agent/backup/uploader.h"

#include <pthread.h>

#include <future>

#include "test/support/catch.h"
#include "test/support/faulty_store.h"
#include "test/support/pack_world.h"
#include "test/support/still_clock.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

struct World {
  explicit World(size_t count) {
    for (size_t i = 0; i < count; ++i)
      systems.push_back(std::make_shared<FaultyStore>("store" + std::to_string(i + 1), vault.random.id<HostId>(), clock));
  }
  Targets targets() const {
    std::map<HostId, std::shared_ptr<ShardStore>> stores;
    std::vector<HostId> order;
    for (const auto& system : systems) stores[system->host()] = system, order.push_back(system->host());
    return Targets(std::move(stores), [order](const PackId&, uint64_t) { return order; });
  }
  SealedPack pack(Layout layout) { return vault.pack(layout, {vault.noise(200'000)}); }
  Uploader::Stored keeping() {
    return [this](StoredPack pack) { stored.push_back(std::move(pack)); };
  }
  PackWorld vault;
  StillClock clock;
  std::vector<std::shared_ptr<FaultyStore>> systems;
  std::vector<StoredPack> stored;
};

// From begin() on, and until it goes: a thread wants a stack that no address space has.
class NoMoreThreads {
 public:
  NoMoreThreads() { REQUIRE(::pthread_getattr_default_np(&usual_) == 0); }
  ~NoMoreThreads() { ::pthread_setattr_default_np(&usual_), ::pthread_attr_destroy(&usual_); }
  NoMoreThreads(const NoMoreThreads&) = delete;
  void begin() const {
    pthread_attr_t vast;
    ::pthread_attr_init(&vast), ::pthread_attr_setstacksize(&vast, size_t{1} << 47);
    ::pthread_setattr_default_np(&vast), ::pthread_attr_destroy(&vast);
  }

 private:
  pthread_attr_t usual_{};
};

}  // namespace

TEST_CASE("where too few systems have room each is named with what it has, those that placement has left out, too") {
  World world(2);
  std::map<HostId, std::shared_ptr<ShardStore>> stores;
  for (const auto& system : world.systems) stores[system->host()] = system;
  Targets targets(std::move(stores), [](const PackId&, uint64_t) { return std::vector<HostId>(); });
  for (const auto& system : world.systems) targets.has_room(system->host(), 1000);
  Uploader uploader(targets, world.clock, world.keeping());
  CHECK_THROWS_WITH(uploader.put(world.pack({1, 1})), Catch::Contains("found room on 0 systems") && Catch::Contains("; store1: no room for ") &&
                                                         Catch::Contains("; store2: no room for ") && Catch::Contains(": 1000 B available"));
}

TEST_CASE("each shard of a pack goes to a system of its own, in the order of placement") {
  World world(5);
  Targets targets = world.targets();
  Uploader uploader(targets, world.clock, world.keeping());
  uploader.put(world.pack({2, 2}));
  uploader.finish();
  REQUIRE(world.stored.size() == 1);
  const std::vector<HostId>& places = world.stored[0].entry.places;
  CHECK(std::set<HostId>(places.begin(), places.end()).size() == 4);
  CHECK(world.systems[4]->inside().shards().empty());
  CHECK(uploader.sent_bytes() == world.stored[0].entry.pack_length);
}

TEST_CASE("a system that fails is replaced on the spot, and asked no more") {
  World world(5);
  size_t asked = 0;
  world.systems[1]->before_put = [&](const ShardId&) -> Result<void> { return ++asked, Error(ErrorKind::no_space, "no room"); };
  Targets targets = world.targets();
  Uploader uploader(targets, world.clock, world.keeping());
  uploader.put(world.pack({2, 2}));
  uploader.finish();
  uploader.put(world.pack({2, 2}));
  uploader.finish();
  CHECK(asked == 1);
  CHECK_FALSE(targets.has_failed(world.systems[1]->host()));   // it is full, and still holds what it has
  for (const StoredPack& pack : world.stored)
    for (const HostId& place : pack.entry.places) CHECK((!place.is_zero() && place != world.systems[1]->host()));
}

TEST_CASE("a system for which no thread is to be had counts as one that failed, and the others go on") {
  World world(5);
  const NoMoreThreads none;
  world.systems[1]->before_put = [&](const ShardId&) -> Result<void> { return none.begin(), Error(ErrorKind::no_space, "no room"); };
  Targets targets = world.targets();
  Uploader uploader(targets, world.clock, world.keeping());
  uploader.put(world.pack({2, 2}));
  uploader.finish();
  REQUIRE(world.stored.size() == 1);
  CHECK(std::count(world.stored[0].entry.places.begin(), world.stored[0].entry.places.end(), HostId()) == 1);
  const std::vector<std::string> failures = targets.failures();
  CHECK(std::count(failures.begin(), failures.end(), "store5: no thread to send it anything: Resource temporarily unavailable") == 1);
  uploader.put(world.pack({2, 1}));                // for which the others have theirs
  uploader.finish();
  CHECK(world.stored.size() == 2);
}

TEST_CASE("where memory is short for a shard the backup ends, and not the agent") {
  World world(4);
  world.systems[2]->before_put = [](const ShardId&) -> Result<void> { throw std::bad_alloc(); };
  Targets targets = world.targets();
  Uploader uploader(targets, world.clock, world.keeping());
  uploader.put(world.pack({2, 2}));
  CHECK_THROWS_WITH(uploader.finish(), "a bug, or memory is short: std::bad_alloc");
  CHECK_THROWS_WITH(uploader.put(world.pack({2, 2})), "a bug, or memory is short: std::bad_alloc");
}

TEST_CASE("daemons that are restarted all at once keep their shards") {
  World world(4);
  std::atomic<size_t> asked = 0;
  for (const auto& system : world.systems)
    system->before_put = [&](const ShardId&) -> Result<void> {
      if (++asked <= 12) return Error(ErrorKind::unreachable, "connection refused");
      return {};
    };
  Targets targets = world.targets();
  Uploader uploader(targets, world.clock, world.keeping());
  uploader.put(world.pack({2, 2}));
  uploader.finish();
  CHECK(targets.failed_hosts().empty());
  CHECK(std::count(world.stored.at(0).entry.places.begin(), world.stored[0].entry.places.end(), HostId()) == 0);
  CHECK(world.clock.boot_time() < std::chrono::seconds(10));
}

TEST_CASE("other bytes under a shard's name move that shard alone") {
  World world(5);
  size_t asked = 0;
  world.systems[1]->before_put = [&](const ShardId&) -> Result<void> {
    return ++asked == 1 ? Result<void>(Error(ErrorKind::exists, "another shard stands there")) : Result<void>();
  };
  Targets targets = world.targets();
  Uploader uploader(targets, world.clock, world.keeping());
  for (int i = 0; i < 2; ++i) uploader.put(world.pack({2, 2})), uploader.finish();
  CHECK(asked == 2);
  const std::vector<HostId>& places = world.stored.at(1).entry.places;
  CHECK(std::find(places.begin(), places.end(), world.systems[1]->host()) != places.end());
}

TEST_CASE("with k + 1 places a pack is stored with a gap; with fewer the backup ends") {
  World world(4);
  world.systems[0]->state = StoreState::dead;
  Targets targets = world.targets();
  Uploader uploader(targets, world.clock, world.keeping());
  uploader.put(world.pack({2, 2}));
  uploader.finish();
  CHECK(std::count(world.stored.at(0).entry.places.begin(), world.stored[0].entry.places.end(), HostId()) == 1);
  world.systems[1]->state = StoreState::dead;
  uploader.put(world.pack({2, 2}));
  CHECK_THROWS_AS(uploader.finish(), Error);
  CHECK(world.stored.size() == 1);
}

TEST_CASE("nothing is sent of a pack that finds too little room, and what is under way is stored first") {
  World world(4);
  std::promise<void> go;
  std::shared_future<void> gate = go.get_future().share();
  world.systems[0]->before_put = [gate](const ShardId&) -> Result<void> { return gate.wait(), Result<void>(); };
  Targets targets = world.targets();
  SealedPack first = world.pack({2, 2});
  const PackHeader header = first.header;
  for (const size_t full : {2, 3}) targets.has_room(world.systems[full]->host(), header.shard_length * 3 / 2);
  Uploader uploader(targets, world.clock, world.keeping());
  uploader.put(std::move(first));
  auto refused = std::async(std::launch::async, [&] { uploader.put(world.pack({2, 2})); });
  go.set_value();
  try {
    refused.get();
    FAIL("it was sent");
  } catch (const Error& error) {
    CHECK(error.text().starts_with("a pack of layout 2+2 found room on 2 systems; 3 are needed at least; store3: no room for "));
    CHECK(error.text().find("; store4: no room for ") != std::string::npos);
  }
  CHECK(world.stored.size() == 1);
  for (const auto& system : world.systems) CHECK(system->inside().shards().size() == 1);
  CHECK(uploader.sent_bytes() == header.pack_length);
}

TEST_CASE("a stopped uploader lets shards under way end, drops the others, and says nothing afterwards") {
  World world(4);
  std::promise<void> begun, go;
  std::shared_future<void> gate = go.get_future().share();
  std::atomic<int> puts = 0;
  for (const auto& system : world.systems)
    system->before_put = [&, gate](const ShardId&) -> Result<void> {
      if (++puts == 4) begun.set_value();
      gate.wait();
      return {};
    };
  Targets targets = world.targets();
  Uploader uploader(targets, world.clock, world.keeping());
  uploader.put(world.pack({2, 2}));
  uploader.put(world.pack({2, 2}));
  begun.get_future().wait();                       // the first pack is under way everywhere, the second one waits
  std::thread stopping([&] { uploader.stop(); });
  CHECK_THROWS_AS((uploader.put(world.pack({2, 2})), uploader.put(world.pack({2, 2}))), Error);
  go.set_value();
  stopping.join();
  CHECK(world.stored.size() == 1);
  CHECK(puts == 4);
}

TEST_CASE("a system that fails while the uploader stops is not replaced") {
  World world(5);
  std::promise<void> begun, go;
  std::shared_future<void> gate = go.get_future().share();
  world.systems[0]->before_put = [&, gate](const ShardId&) -> Result<void> {
    begun.set_value(), gate.wait();
    return Error(ErrorKind::unreachable, "gone");
  };
  Targets targets = world.targets();
  Uploader uploader(targets, world.clock, world.keeping());
  uploader.put(world.pack({2, 2}));
  begun.get_future().wait();
  std::thread stopping([&] { uploader.stop(); });
  CHECK_THROWS_AS((uploader.put(world.pack({2, 2})), uploader.put(world.pack({2, 2})), uploader.put(world.pack({2, 2}))), Error);
  go.set_value();
  stopping.join();
  CHECK(world.stored.empty());
  CHECK(world.systems[4]->inside().shards().empty());
}
