// JUnit XML of one command: a test suite, a test case for each task of a host, as continuous integration reads it. What XML forbids is shown as \xNN.
#pragma once

#include "lib/cli/host_tasks.h"

namespace sparekeep {

struct JunitSuite {
  std::string name;                          // "sparekeep apply"
  Time began;
  double seconds = 0;
  std::vector<TaskRecord> cases = {};
  std::string fault = {};                    // what ended the command itself; an error in a case of its own. Empty: it was carried through
};

// failed is a failure, unreachable an error, skipped is skipped; ok and changed say so on system-out.
std::string junit_text(const JunitSuite& suite);

}  // namespace sparekeep
