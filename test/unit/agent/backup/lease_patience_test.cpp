#include "agent/backup/lease_patience.h"

#include "test/support/catch.h"
#include "test/support/still_clock.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

// How long it waits for one file that stays leased.
Duration waited(LeasePatience& patience, const Clock& clock) {
  const Duration began = clock.boot_time();
  for (unsigned again = 0; patience.wait(again);) ++again;
  return clock.boot_time() - began;
}

}  // namespace

TEST_CASE("files under a lease are waited for longer than the kernel lets one be held, and not for ever") {
  StillClock clock;
  LeasePatience patience(clock, [] { return false; });
  Duration whole{};
  for (int file = 0; file < 9; ++file) {
    const Duration one = waited(patience, clock);
    CHECK(one > std::chrono::seconds(59));
    CHECK(one <= LeasePatience::kOfFile);
    whole += one;
  }
  for (int file = 0; file < 9; ++file) whole += waited(patience, clock);
  CHECK(whole > LeasePatience::kOfRun - std::chrono::seconds(1));
  CHECK(whole <= LeasePatience::kOfRun);
}

TEST_CASE("a lease that is given up at once costs a millisecond; one where the backup has ended nothing") {
  StillClock clock;
  LeasePatience patience(clock, [] { return false; });
  CHECK(patience.wait(0));
  CHECK(clock.boot_time() == std::chrono::milliseconds(1));
  LeasePatience ended(clock, [] { return true; });
  CHECK_FALSE(ended.wait(0));
  CHECK(clock.boot_time() == std::chrono::milliseconds(1));
}
