// What a greeting of the central leaves to do: with the report in the answer there may be nothing that a connection of the daemon's own would add.
#pragma once

#include "daemon/routes/service.h"
#include "inventory/master/master_file.h"

namespace sparekeep::daemon {

// It took the report, has the master file that is kept here (null: none), and no certificate is due. Otherwise there is something to fetch or to
// give back, or a certificate to ask for.
bool spares_report(const Greeting& central, const MasterCopy* kept, bool certificate_due);

}  // namespace sparekeep::daemon
