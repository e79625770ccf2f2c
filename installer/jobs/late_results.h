// What hosts still have to say of runs whose command ended before them: an agent keeps its snapshot and its result until a central
// takes them, and a central that lives for one short command would be gone before the agent's next try.
#pragma once

#include "installer/central/running_central.h"

namespace sparekeep::central {

// Waits until the agents of runs without an end have spoken, a second at most. None: returns at once.
void hear_late_results(RunningCentral& central, Clock& clock);

}  // namespace sparekeep::central
