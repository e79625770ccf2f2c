// The roots of a walk: made normal and put in order, and each asked for before the first entry, so that a missing one makes no half snapshot.
#pragma once

#include <string>
#include <vector>

#include "lib/base/error.h"

namespace sparekeep::agent {

struct Roots {                            // normal, in path order
  std::vector<std::string> all, walked;   // the latter without those that lie in another
};

// The errors of check_roots() (agent/source/walk.h), but that of no root at all.
Result<Roots> ordered_roots(const std::vector<std::string>& written);

}  // namespace sparekeep::agent
