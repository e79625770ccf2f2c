// Which record the next one follows (docs/format.md, "Snapshot record"): the newest that this host has made, or, where its systems hold a newer one,
// that one. A host that was set back to an older image of itself has forgotten it, and would give its number out a second time; whoever asks for
// the latest snapshot would then get that of before.
#pragma once

#include "agent/backup/commit.h"
#include "agent/backup/local_vault.h"

namespace sparekeep::agent {

struct FoundHead {
  SnapshotHead head;
  std::string warning;                             // empty: it is the one that this host knows
};

// Systems are believed where what they say they hold is a record that this vault's signer has signed. The head is durable when it is given.
// What LocalVault::head() says where no system tells of a newer record.
Result<FoundHead> find_head(LocalVault& vault, const Targets& targets, Clock& clock, std::vector<ToldRecord> told);

}  // namespace sparekeep::agent
