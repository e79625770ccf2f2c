// Records that the daemons hold and the catalogue does not know: STATE was put back from an older copy, or a record still waits on its host for a
// central. What the daemons hold is the truth.
//
// Each system says in one figure a vault which records it holds (lib/vault/record_tally.h). The catalogue keeps the figures at which it had looked
// at all of them, beside its own records: whatever puts these back puts those back, too, and the next question tells. No comparison of numbers
// would: a backup after it hides a gap below the newest record. A figure that the vault's newest records explain is kept without a further
// question, which is how it is after each backup. Otherwise the names are listed, and what is unknown is taken as in a rebuilding (rebuild.h).
#pragma once

#include "installer/central/rebuild.h"

namespace sparekeep::central {

struct RecordNews {
  std::vector<SnapshotEntry> taken;            // snapshots that the catalogue did not know, newest last
  std::vector<HostId> silent;                  // did not say what they hold
  std::vector<HostId> owing;                   // hold something unknown that did not come: they are asked again the next time
};

// Asks every usable system, all at once; who has not answered within `limit` is silent. Repeatable. Throws what the catalogue throws.
RecordNews take_record_news(const RebuildContext& context, Systems& systems, Duration limit);

}  // namespace sparekeep::central
