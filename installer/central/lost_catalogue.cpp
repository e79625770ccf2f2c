#include "installer/central/lost_catalogue.h"

#include <sys/stat.h>

#include <cerrno>

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/database/set_aside.h"

namespace sparekeep::central {

// An empty file is a lost catalogue, too: a full disk or a copy cut short leaves one, and a new catalogue would drop every system.
bool catalogue_was_lost(const StatePaths& paths) {
  const Path catalogue = paths.catalogue();
  struct stat facts {};
  if (::stat(catalogue.c_str(), &facts) != 0) {
    if (errno != ENOENT) throw system_error("looking at the catalogue " + in_quotes(catalogue.string()) + "; nothing was changed", errno);
  } else if (!S_ISREG(facts.st_mode) || facts.st_size > 0) {
    return false;
  }
  const Path place = set_database_aside(catalogue).value();
  if (!place.empty()) log_warning("what was left of the catalogue lies in " + in_quotes(place.string()) + " now");
  return true;
}

}  // namespace sparekeep::central
