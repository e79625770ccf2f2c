#include "lib/base/worker_pool.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>

#include "test/support/catch.h"

using namespace sparekeep;

TEST_CASE("work is done once each, and the first exception comes out") {
  std::atomic<int> sum = 0;
  parallel_for(100, 8, [&](size_t i) { sum += static_cast<int>(i); });
  CHECK(sum == 4950);
  CHECK_THROWS_AS(parallel_for(100, 8, [](size_t i) { if (i == 7) throw std::runtime_error("seven"); }), std::runtime_error);
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
