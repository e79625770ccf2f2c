#include "installer/central/lost_catalogue.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lib/base/log.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr int kLostMax = 10'000;
constexpr std::array<const char*, 3> kEndings{"", "-wal", "-shm"};       // SQLite's files of one database

bool stands(const Path& file) {
  std::error_code none;
  return std::filesystem::exists(std::filesystem::symlink_status(file, none));
}

bool any_stands(const Path& base) {
  return std::any_of(kEndings.begin(), kEndings.end(), [&](const char* end) { return stands(base.native() + end); });
}

Path free_place(const Path& catalogue) {
  for (int number = 1; number <= kLostMax; ++number) {
    Path place = catalogue.native() + ".lost-" + std::to_string(number);
    if (!any_stands(place)) return place;
  }
  throw Error(ErrorKind::failed, "there are over " + std::to_string(kLostMax) + " lost catalogues beside " + in_quotes(catalogue.string()) + "; move them away");
}

void set_aside(const Path& catalogue) {
  if (!any_stands(catalogue)) return;
  const Path place = free_place(catalogue);
  for (const char* end : kEndings) {
    const Path from = catalogue.native() + end, to = place.native() + end;
    if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) throw system_error("moving " + in_quotes(from.string()) + " aside", errno);
  }
  sync_folder(catalogue.parent_path()).value();
  log_warning("what was left of the catalogue lies in " + in_quotes(place.string()) + " now");
}

}  // namespace

// An empty file is a lost catalogue, too: a full disk or a copy cut short leaves one, and a new catalogue would drop every system.
bool catalogue_was_lost(const StatePaths& paths) {
  const Path catalogue = paths.catalogue();
  struct stat facts {};
  if (::stat(catalogue.c_str(), &facts) != 0) {
    if (errno != ENOENT) throw system_error("looking at the catalogue " + in_quotes(catalogue.string()) + "; nothing was changed", errno);
  } else if (!S_ISREG(facts.st_mode) || facts.st_size > 0) {
    return false;
  }
  set_aside(catalogue);
  return true;
}

}  // namespace sparekeep::central
