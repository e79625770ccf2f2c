#include "daemon/shards/space.h"

#include "daemon/settings.h"

#include "daemon/shards/shard_directory.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::daemon;

TEST_CASE("quota holds over what is stored and what is being stored") {
  const TemporaryFolder folder;
  Space space(folder.path(), {.keep_free = {}, .quota_bytes = 1024});
  CHECK(space.facts()->available_bytes == 992);        // a thirty-second part is left to records
  {
    Result<Space::Reservation> first = space.reserve(600);
    REQUIRE(first);
    CHECK(space.reserve(600).error().text() == "no room for 600 B: 392 B available after quota and keep_free");
    first->stored(500);
  }
  CHECK(space.facts()->stored_bytes == 500);
  CHECK(space.facts()->available_bytes == 492);
  CHECK(space.reserve(493).error().kind() == ErrorKind::no_space);
}

TEST_CASE("a system that is full of shards takes the small objects that name them") {
  const TemporaryFolder folder;
  Space space(folder.path(), {.keep_free = {}, .quota_bytes = 1024});
  space.reserve(992).value().stored(992);
  CHECK(space.reserve(1).error().kind() == ErrorKind::no_space);
  CHECK(space.reserve_in(folder.path(), 32));
  CHECK(space.reserve_in(folder.path(), 33).error().kind() == ErrorKind::no_space);
}

TEST_CASE("keep_free leaves its share of the file system") {
  const TemporaryFolder folder;
  const uint64_t all = Space(folder.path(), {}).facts()->available_bytes;
  const uint64_t kept = Space(folder.path(), {.keep_free = {.bytes = 1 << 20, .percent = 0}, .quota_bytes = {}}).facts()->available_bytes;
  CHECK(all - kept >= 1 << 19);
  CHECK(Space(folder.path(), {.keep_free = {.bytes = UINT64_MAX, .percent = 0}, .quota_bytes = {}}).reserve(1).error().kind() == ErrorKind::no_space);
}

TEST_CASE("without the marker file nothing is opened") {
  const TemporaryFolder folder;
  const HostId host{{7}}, other{{8}};
  CHECK_THROWS_AS(ShardDirectory(folder.path(), host, {}), Error);
  REQUIRE(ShardDirectory::prepare(folder.path(), host));
  REQUIRE(ShardDirectory::prepare(folder.path(), host));
  CHECK(ShardDirectory::prepare(folder.path(), other).error().kind() == ErrorKind::exists);
  CHECK(ShardDirectory(folder.path(), host, {}).count() == 0);
  CHECK_THROWS_AS(ShardDirectory(folder.path(), other, {}), Error);
}

TEST_CASE("limits that change hold from then on") {
  const TemporaryFolder folder;
  Space space(folder.path(), {.keep_free = {}, .quota_bytes = 1024});
  CHECK(!space.reserve(2048));
  space.limit({.keep_free = {}, .quota_bytes = 1 << 20});
  CHECK(space.reserve(2048));
  CHECK(space.facts()->capacity_bytes == 1 << 20);
  space.limit({.keep_free = {.bytes = UINT64_MAX}, .quota_bytes = {}});
  CHECK(space.facts()->available_bytes == 0);
}

TEST_CASE("a daemon takes up its limits alone") {
  DaemonSettings own, now;
  now.storage.quota_bytes = 5, now.storage.keep_free = {.bytes = 7};
  const SpaceLimits limits = changed_limits(own, now).value();
  CHECK((limits.keep_free == KeepFree{.bytes = 7} && limits.quota_bytes == 5));
  now.storage.lock = Duration(1);
  CHECK(changed_limits(own, now).error().kind() == ErrorKind::denied);
}
