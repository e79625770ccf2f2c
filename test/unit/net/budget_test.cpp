#include "test/support/catch.h"

#include "lib/base/random.h"
#include "lib/net/byte_budget.h"

using namespace sparekeep;

TEST_CASE("who comes first is served first, even when a smaller one would fit") {
  ByteBudget budget(10);
  std::string order;
  budget.take(8, [&] { order += 'a'; });
  budget.take(5, [&] { order += 'b'; });
  budget.take(1, [&] { order += 'c'; });
  CHECK(order == "a");
  budget.give_back(8);
  CHECK(order == "abc");
  CHECK(budget.used() == 6);
}

TEST_CASE("what is only charged holds up those in line") {
  ByteBudget budget(10);
  bool granted = false;
  budget.charge(12);
  budget.take(1, [&] { granted = true; });
  CHECK(!granted);
  budget.give_back(12);
  CHECK(granted);
  CHECK(budget.peak() == 12);
}

TEST_CASE("a budget is never exceeded, and everybody is served, in any order of taking and giving") {
  SeededRandom random(7);
  ByteBudget budget(1000);
  std::vector<size_t> held;
  size_t served = 0;
  for (int i = 0; i < 20000; ++i) {
    const size_t wanted = random.below(1001);
    if (random.below(2) == 0) {
      budget.take(wanted, [&held, &served, wanted] { held.push_back(wanted), ++served; });
    } else if (!held.empty()) {
      const size_t chosen = random.below(held.size());
      const size_t bytes = held[chosen];
      held.erase(held.begin() + static_cast<ptrdiff_t>(chosen));
      budget.give_back(bytes);
    }
    REQUIRE(budget.used() <= 1000);
  }
  while (!held.empty()) {
    const size_t bytes = held.back();
    held.pop_back();
    budget.give_back(bytes);
  }
  CHECK(budget.used() == 0);
  CHECK(budget.peak() <= 1000);
}

TEST_CASE("who waits for its own limit holds up nobody else, and one body a peer is always within it") {
  const HostId greedy{{1}}, other{{2}};
  ByteBudget budget(100, 40);
  std::string order;
  budget.take(60, [&] { order += 'a'; }, greedy);         // alone: it may be bigger than the limit
  budget.take(1, [&] { order += 'b'; }, greedy);
  budget.take(30, [&] { order += 'c'; }, other);
  CHECK(order == "ac");
  budget.give_back(60, greedy);
  CHECK(order == "acb");
}

TEST_CASE("who leaves the line is not served, and those behind move up") {
  ByteBudget budget(10);
  std::string order;
  budget.take(6, [&] { order += 'a'; });
  const uint64_t ticket = budget.take(8, [&] { order += 'b'; });
  budget.take(4, [&] { order += 'c'; });
  CHECK(order == "a");
  CHECK(budget.leave(ticket));
  CHECK(order == "ac");
  CHECK_FALSE(budget.leave(ticket));
  budget.give_back(6);
  CHECK(order == "ac");
  CHECK(budget.used() == 4);
}

TEST_CASE("answers are refused above a peer's limit and above that of all, but for one that is alone") {
  const HostId greedy{{1}}, other{{2}}, third{{3}};
  ByteBudget budget(100, 60);
  CHECK(budget.charge(70, greedy));
  CHECK_FALSE(budget.charge(1, greedy));
  CHECK(budget.charge(30, other));
  CHECK_FALSE(budget.charge(1, third));
  budget.give_back_answer(70, greedy);
  CHECK(budget.charge(1, third));
  CHECK(budget.used() == 31);
}
