// A catalogue that is not there any more: noticed at the start, so that it is made again (rebuild.h).
#pragma once

#include "installer/central/layout.h"

namespace sparekeep::central {

// Is there none, or an empty file? Then what is left of it is moved aside, durably, as catalogue.db.lost-N; nothing is removed. Throws where the
// file cannot be looked at: that says nothing about what is in it.
bool catalogue_was_lost(const StatePaths& paths);

}  // namespace sparekeep::central
