// What commands that list or restore snapshots do first: what the daemons hold and the catalogue does not know is taken up, and it is said.
#pragma once

#include "installer/central/running_central.h"

namespace sparekeep::central {

// Warns of what was taken up, and of what may still be missing. Never throws: what is known is listed and restored all the same.
void take_up_records(RunningCentral& central);

}  // namespace sparekeep::central
