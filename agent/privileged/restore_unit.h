// The restore of a checked order, in two processes (see unit.h).
#pragma once

#include "agent/privileged/unit.h"
#include "agent/privileged/unit_trust.h"
#include "lib/wire/privileged.h"

namespace sparekeep::agent {

struct CheckedOrder {
  const Order& order;
  std::string beneath;                                 // confinement_of()
};

// What is to be told to the caller last; progress goes to `progress`. Throws where the two processes could not do their work.
PrivilegedAnswer restore_in_two(const CheckedOrder& checked, const UnitTrust& trust, const UnitWorld& world, const Stopped& stopped,
                                const std::function<void(const RunProgress&)>& progress);

}  // namespace sparekeep::agent
