#include "lib/base/worker_pool.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <latch>
#include <stdexcept>

#include "test/support/catch.h"

using namespace sparekeep;

TEST_CASE("work is done once each, and the first exception comes out") {
  std::atomic<int> sum = 0;
  parallel_for(100, 8, [&](size_t i) { sum += static_cast<int>(i); });
  CHECK(sum == 4950);
  CHECK_THROWS_AS(parallel_for(100, 8, [](size_t i) { if (i == 7) throw std::runtime_error("seven"); }), std::runtime_error);
}

TEST_CASE("a pool has as many threads as there were jobs at once, and no more than it may") {
  const auto threads = [] {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return static_cast<int>(std::distance(begin(tasks), end(tasks)));
  };
  const int before = threads();
  std::latch first(1), all(1);
  std::atomic<int> done = 0;
  {
    WorkerPool pool(3, 100);
    CHECK(threads() == before);
    pool.submit([&] { ++done, first.count_down(); });
    first.wait();
    CHECK(threads() == before + 1);
    for (int i = 0; i < 20; ++i) pool.submit([&] { all.wait(), ++done; });
    CHECK(threads() == before + 3);
    all.count_down();
  }
  CHECK(done == 21);
}

TEST_CASE("where the system gives no more threads, fewer do the same work") {
  constexpr uid_t kNobody = 65534;
  const pid_t child = ::fork();
  if (child == 0) {  // root is not held to the limit
    const rlimit none{1, 1};
    if ((::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) || ::setrlimit(RLIMIT_NPROC, &none) != 0) ::_exit(2);
    std::atomic<int> done = 0;
    parallel_for(100, 8, [&](size_t) { ++done; });
    ::_exit(done == 100 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
