// "None" is no answer of a catalogue that was lost while the systems that could tell what it held are away.
#pragma once

#include "installer/central/running_central.h"

namespace sparekeep::central {

// Throws unreachable, naming those systems, where the catalogue knows no snapshot and has still to hear some of them.
void check_snapshots_known(RunningCentral& central);

}  // namespace sparekeep::central
