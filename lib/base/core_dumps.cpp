#include "lib/base/core_dumps.h"

#include <sys/resource.h>

#include "lib/base/error.h"

namespace sparekeep {

void forbid_core_dumps() {
  // One byte and not none: 0 does not stop a core that is piped to a program (core_pattern `|...`), 1 does, and is too little
  // for a core in a file. Where the hard limit is 0 already, that is what stays.
  rlimit limit{};
  SK_CHECK(::getrlimit(RLIMIT_CORE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max = limit.rlim_max < 1 ? 0 : 1;
  SK_CHECK(::setrlimit(RLIMIT_CORE, &limit) == 0);
}

}  // namespace sparekeep
