// A further revision of a record (storage.md): what became known of a snapshot after its record was signed. Sequence, predecessor, packs and
// files stay those of the first; number and state are new, and whoever reads takes the highest.
#pragma once

#include "agent/backup/local_vault.h"
#include "agent/backup/outbox.h"

namespace sparekeep::agent {

// The bundle with a record of the next revision, whose state says `degraded`. not_found: the bundle keeps no second metadata (one that an older
// release left on this host); otherwise what reading a record says.
Result<Bundle> degraded_revision(const Bundle& bundle, const LocalVault& vault, Random& random);

// Puts it in the place of `item`, which waits for its commit, durably: there is one of the two at every moment, and never two different ones of one
// revision. Gives the name under which it waits.
Result<std::string> replace_waiting(Outbox& outbox, const Outbox::Item& item, const Bundle& revised);

}  // namespace sparekeep::agent
