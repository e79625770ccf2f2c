#include "installer/jobs/known_snapshots.h"

#include "lib/base/text.h"

namespace sparekeep::central {

void check_snapshots_known(RunningCentral& central) {
  const std::vector<std::string> unheard = central.unheard();
  if (unheard.empty() || !central.catalogue().snapshots({}).empty()) return;
  throw Error(ErrorKind::unreachable, "the catalogue was lost, and the systems that could tell what it held cannot be reached: " + joined(unheard, ", ") +
                                          "; nothing is known of jobs and snapshots until one of them answers: start it, and run this again");
}

}  // namespace sparekeep::central
