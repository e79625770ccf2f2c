// The system users of a host's programs: whether those that are there are as install makes them.
#pragma once

#include "installer/install/plan.h"

namespace sparekeep::central {

// Throws failed where setting back would be wrong: uid 0, a number shared with another user, files that belong to an earlier number.
void plan_mends(const HostFacts& facts, const DesiredState& desired, Plan& plan);

}  // namespace sparekeep::central
