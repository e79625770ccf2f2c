#include "lib/cli/exit_code.h"

#include "test/support/catch.h"

using namespace sparekeep;

TEST_CASE("a kind has one exit code") {
  CHECK(exit_code(ErrorKind::failed) == 1);
  CHECK(exit_code(ErrorKind::usage) == 2);
  CHECK(exit_code(ErrorKind::partial) == 3);
  CHECK(exit_code(ErrorKind::host_failed) == 4);
  CHECK(exit_code(ErrorKind::unreachable) == 5);
  CHECK(exit_code(ErrorKind::timeout) == 5);
  CHECK(exit_code(ErrorKind::pending) == 6);
  CHECK(exit_code(ErrorKind::no_state) == 10);
  CHECK(exit_code(ErrorKind::busy) == 11);
  CHECK(exit_code(ErrorKind::denied) == 12);
  CHECK(exit_code(ErrorKind::degraded) == 13);
  CHECK(exit_code(ErrorKind::lost) == 14);
  CHECK(exit_code(ErrorKind::interrupted) == 130);
  CHECK(exit_code(ErrorKind::terminated) == 143);
}

TEST_CASE("of several the gravest counts") {
  Outcome outcome;
  CHECK(outcome.exit_code() == 0);
  const std::vector<ErrorKind> lightest_first{ErrorKind::pending,     ErrorKind::partial,     ErrorKind::degraded, ErrorKind::busy,
                                              ErrorKind::unreachable, ErrorKind::host_failed, ErrorKind::lost,     ErrorKind::failed,
                                              ErrorKind::denied,      ErrorKind::no_state,    ErrorKind::usage,    ErrorKind::terminated,
                                              ErrorKind::interrupted};
  for (const ErrorKind kind : lightest_first) {
    outcome.add(kind);
    CHECK(outcome.exit_code() == exit_code(kind));
  }
  Outcome both = ErrorKind::partial;
  both.add(Outcome(ErrorKind::lost));
  CHECK(both.exit_code() == 14);
}
