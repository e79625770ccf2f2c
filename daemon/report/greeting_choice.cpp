#include "daemon/report/greeting_choice.h"

namespace sparekeep::daemon {

bool spares_report(const Greeting& central, const MasterCopy* kept, bool certificate_due) {
  if (!central.took_report || certificate_due || !kept) return false;
  return kept->file.version().text() == central.master && kept->digest.hex() == central.master_digest;
}

}  // namespace sparekeep::daemon
