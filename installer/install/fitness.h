// Whether a host can become what is declared at all: asked before anything on it is changed, and said plainly.
#pragma once

#include "installer/install/plan.h"

namespace sparekeep::central {

// Both throw failed: what is in the way, and what to do.
void refuse_unfit_host(const Host& host, const HostFacts& facts, const Release& release, Time now);
void refuse_unfit_places(const HostFacts& facts, const Release& release, const Plan& plan);   // no room, read-only, noexec

}  // namespace sparekeep::central
