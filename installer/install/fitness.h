// Whether a host can become what is declared at all: asked before anything on it is changed, and said plainly.
#pragma once

#include "installer/install/plan.h"

namespace sparekeep::central {

// Both throw failed: what is in the way, and what to do.
void refuse_unfit_host(const Host& host, const HostFacts& facts, const Release& release, Time now);
// Another central's, whose hosts it has no say about.
void refuse_anothers_host(const HostFacts& facts, const PublicKey& root);

// A storage folder that says that it is another host's: `id` is this one's, where it has one.
void refuse_anothers_disk(const Host& host, const HostFacts& facts, const std::optional<HostId>& id);

// No room or inodes, read-only, noexec, immutable; a port that another has; a unit that runs something else.
void refuse_unfit_places(const Host& host, const HostFacts& facts, const Release& release, const Plan& plan);

}  // namespace sparekeep::central
